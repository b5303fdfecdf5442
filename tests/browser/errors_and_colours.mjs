// node errors_and_colours.mjs PORT NEW_NODES PROMPT...
// Queues workflows in API form that fail, in the classic nodes or (NEW_NODES is true) in the newer ones, and prints
// what the page shows: messages as they appear, and the colour of each type of wire, as one line of JSON.
import fs from 'fs';
import { openComfy } from './page.mjs';

const TOLD_MS = 300_000;
const [port, newNodes, ...files] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await page.request.post(`${url}/settings`, { data: { 'Comfy.VueNodes.Enabled': newNodes === 'true' } });
await page.reload({ waitUntil: 'domcontentloaded' });
await page.waitForFunction(() => window.app?.graph && window.LiteGraph?.registered_node_types.CEMNetLoader);
await page.waitForFunction(() => window.app.extensions.some(extension => extension.name === 'cemnet.errors'));
const messages = [];
for (const file of files) {
  await page.evaluate(async prompt => {
    await window.app.loadApiJson(prompt, 'failing');
    await window.app.queuePrompt(0);
  }, JSON.parse(fs.readFileSync(file)));
  const message = page.locator('.p-toast-message', { hasText: 'CEM-Net' }).first();
  await message.waitFor({ timeout: TOLD_MS });
  messages.push(await message.innerText());
  await message.locator('button').click();
  await message.waitFor({ state: 'detached' });
}
const colours = await page.evaluate(() => {
  const shown = getComputedStyle(document.body);
  const types = Object.keys(window.LGraphCanvas.link_type_colors).filter(type => type.startsWith('CEMNET'));
  return Object.fromEntries(types.map(type => [type, [
    window.LGraphCanvas.link_type_colors[type],
    window.app.canvas.default_connection_color_byType[type],
    shown.getPropertyValue(`--color-datatype-${type}`).trim(),
  ]]));
});
console.log(JSON.stringify({ messages, colours }));
await browser.close();
