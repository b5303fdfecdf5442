// node look_up.mjs PORT SCREENSHOT_FOLDER PACK NAME LOCALE
// Shows a template of the pack in another language, asks for the help of one of its nodes as a user does, and prints
// what the page shows as one line of JSON.
import path from 'path';
import { fitView, openComfy } from './page.mjs';

const [port, folder, pack, name, locale] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader', locale);
const answer = await page.request.get(`${url}/api/workflow_templates/${pack}/${name}.json`);
const titles = await page.evaluate(async ([workflow, name]) => {
  await window.app.loadGraphData(workflow, true, true, name);
  return Object.fromEntries(window.app.graph._nodes.map(node => [node.type, node.title]));
}, [await answer.json(), name]);
await fitView(page);
await page.evaluate(() => {
  const { canvas, graph } = window.app;
  canvas.selectNode(graph._nodes.find(node => node.type.startsWith('CEMNet')));
});
await page.waitForTimeout(800);
const button = page.locator('[data-testid="info-button"]').first();
const offered = await button.count();
if (offered) await button.click();
await page.waitForTimeout(2500);
await page.screenshot({ path: path.join(folder, `help_${locale}.png`) });
const shown = await page.evaluate(() => document.body.innerText);
console.log(JSON.stringify({ titles, offered, shown }));
await browser.close();
