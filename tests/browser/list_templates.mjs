// node list_templates.mjs PORT PACK SCREENSHOT
// Opens the page's templates as a user does, and prints the titles of the pack's in their order as one line of JSON.
import { openComfy, until } from './page.mjs';

const [port, pack, screenshot] = process.argv.slice(2);
const { browser, page } = await openComfy(port, 'CEMNetLoader');
await page.getByText('Templates', { exact: true }).first().click();
const choice = page.getByText(pack, { exact: true }).first();
await choice.waitFor();
await choice.click();
await page.getByText(/^1 /).first().waitFor();
const shown = page.getByText(/^\d+ [A-Z]/);
const titles = await shown.allInnerTexts();
await until(page, 'a picture of each template',
  wanted => [...document.images].filter(image => image.complete && image.naturalWidth >= 280).length >= wanted,
  titles.length);
await page.screenshot({ path: screenshot });
console.log(JSON.stringify({ titles }));
await browser.close();
