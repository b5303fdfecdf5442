// node errors_and_colours.mjs PORT NEW_NODES SCREENSHOT (PROMPT WORDS)...
// Queues workflows in API form that fail, in the classic nodes or (NEW_NODES is true) in the newer ones, and prints
// what the page shows as one line of JSON: the message in which WORDS appear, and the colour of each type of wire.
import fs from 'fs';
import { openComfy, useNewNodes } from './page.mjs';

const [port, newNodes, screenshot, ...failing] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await useNewNodes(page, url, newNodes === 'true');
const messages = [];
for (let index = 0; index < failing.length; index += 2) {
  const [file, words] = failing.slice(index, index + 2);
  await page.evaluate(async prompt => {
    await window.app.loadApiJson(prompt, 'failing');
    await window.app.queuePrompt(0);
  }, JSON.parse(fs.readFileSync(file)));
  const sentence = page.getByText(words).first();
  await sentence.waitFor();
  messages.push(await sentence.evaluate(element => { // the sentence with the title above it
    while (!element.innerText.includes('CEM-Net')) element = element.parentElement;
    return element.innerText;
  }));
  await page.screenshot({ path: screenshot });
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
