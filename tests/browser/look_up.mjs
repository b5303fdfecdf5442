// node look_up.mjs PORT SCREENSHOT_FOLDER PACK NAME LOCALE WORDS
// Shows a template of the pack in another language, asks for the help of one of its nodes as a user does, and prints
// what the page shows, once WORDS are there, as one line of JSON.
import path from 'path';
import { fitView, openComfy, openTemplate, until } from './page.mjs';

const [port, folder, pack, name, locale, words] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader', locale);
await openTemplate(page, url, pack, name);
const titles = await page.evaluate(
  () => Object.fromEntries(window.app.graph._nodes.map(node => [node.type, node.title])));
await fitView(page);
await page.evaluate(() => {
  const { canvas, graph } = window.app;
  canvas.selectNode(graph._nodes.find(node => node.type.startsWith('CEMNet')));
});
await page.locator('[data-testid="info-button"]').first().click();
await until(page, `the help with the words ${words}`, words => document.body.innerText.includes(words), words);
await page.screenshot({ path: path.join(folder, `help_${locale}.png`) });
const shown = await page.evaluate(() => document.body.innerText);
console.log(JSON.stringify({ titles, shown }));
await browser.close();
