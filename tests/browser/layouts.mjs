// node layouts.mjs PORT NEW_NODES SCREENSHOT_FOLDER PACK NAME...
// Opens each template of the pack in the classic nodes or (NEW_NODES is true) in the newer ones, and prints one line of
// JSON for each: pairs of nodes that overlap once each node of the pack has told what it heard, and what of it is cut off.
import path from 'path';
import { fitView, openComfy, openTemplate, settled, useNewNodes } from './page.mjs';

const [port, newNodes, folder, pack, ...names] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await useNewNodes(page, url, newNodes === 'true');
for (const name of names) {
  await openTemplate(page, url, pack, name);
  await page.evaluate(() => {
    for (const node of window.app.graph._nodes) {
      if (!node.type.startsWith('CEMNet')) continue;
      const shows = node.type === 'CEMNetEmotionBridge' ? ', shows happy 37%, sad 36%' : '';
      node.onExecuted?.({ text: [`Saw happy 95%, heard angry 89%${shows}`] });
    }
  });
  await fitView(page);
  await settled(page);
  const overlaps = await page.evaluate(() => {
    const { canvas, graph } = window.app;
    const boxes = graph._nodes.map(node => {
      const element = document.querySelector(`[data-node-id="${node.id}"]`);
      if (!element) return [node.title, ...node.getBounding()];
      const { width, height } = element.getBoundingClientRect(); // with its title
      return [node.title, node.pos[0], node.pos[1] - window.LiteGraph.NODE_TITLE_HEIGHT, width / canvas.ds.scale, height / canvas.ds.scale];
    });
    const pairs = boxes.flatMap((one, index) => boxes.slice(index + 1).map(other => [one, other]));
    return pairs.filter(([[, x, y, width, height], [, left, top, wide, high]]) =>
      x < left + wide && left < x + width && y < top + high && top < y + height).map(([one, other]) => [one, other]);
  });
  const cut = await page.evaluate(() => [...document.querySelectorAll('.cemnet-told')]
    .filter(box => box.scrollHeight > box.clientHeight + 1).map(box => box.innerText));
  await page.screenshot({ path: path.join(folder, `layout_${name}_${newNodes}.png`) });
  console.log(JSON.stringify({ name, overlaps, cut, measured: await page.locator('[data-node-id]').count() }));
}
await browser.close();
