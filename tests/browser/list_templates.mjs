// node list_templates.mjs PORT PACK SCREENSHOT
// Opens the page's templates as a user does, and prints the titles of the pack's in their order as one line of JSON.
import { openComfy } from './page.mjs';

const WAIT_MS = 240_000;
const [port, pack, screenshot] = process.argv.slice(2);
const { browser, page } = await openComfy(port, 'CEMNetLoader');
await page.getByText('Templates', { exact: true }).first().click();
const choice = page.getByText(pack, { exact: true }).first();
await choice.waitFor({ timeout: WAIT_MS });
await choice.click();
await page.getByText(/^1 /).first().waitFor({ timeout: WAIT_MS });
const shown = page.getByText(/^\d [A-Z]/);
const titles = await shown.allInnerTexts();
await page.waitForFunction(
  wanted => [...document.images].filter(image => image.complete && image.naturalWidth >= 300).length >= wanted,
  titles.length, { timeout: WAIT_MS },
);
await page.screenshot({ path: screenshot });
console.log(JSON.stringify({ titles }));
await browser.close();
