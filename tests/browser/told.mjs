// node told.mjs PORT NEW_NODES SCREENSHOT_FOLDER PACK TEMPLATE MOTION_FILE
// Runs a template and shows what its nodes tell afterwards, in the classic nodes or (NEW_NODES is true) in the newer
// ones; saves a motion and follows its link; uploads MOTION_FILE with the button. Prints one line of JSON.
import path from 'path';
import { fitView, openComfy, openTemplate, run, settled, until, useNewNodes } from './page.mjs';

const [port, newNodes, folder, pack, template, motionFile] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await useNewNodes(page, url, newNodes === 'true');
const texts = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.cemnet-told')]
  .map(box => [box.innerText, box.checkVisibility() && box.getBoundingClientRect().height])));
const shot = name => page.screenshot({ path: path.join(folder, `${name}_${newNodes}.png`) });

await openTemplate(page, url, pack, template);
await page.evaluate(() => { // so that the server has something to do, whatever it ran before
  const seed = window.app.graph._nodes.flatMap(node => node.widgets ?? []).find(({ name }) => name === 'seed');
  seed.value = Math.floor(Math.random() * 1e9);
});
const [outcome] = await run(page);
await fitView(page);
await until(page, 'the node to tell what it heard', () => [...document.querySelectorAll('.cemnet-told')]
  .some(box => box.innerText.includes('heard')));
const videos = page.locator('video');
await until(page, 'two videos that can be played',
  () => [...document.querySelectorAll('video')].filter(video => video.readyState === 4).length >= 2);
await settled(page);
await shot('told');
const shown = await texts();
const sounds = await videos.evaluateAll(found => found.map(video => ({
  seconds: video.duration, temporary: video.currentSrc.includes('type=temp') || video.innerHTML.includes('type=temp'),
  muted: video.muted,
})));

await openTemplate(page, url, pack, '8 Save a motion');
await run(page);
await until(page, 'a link to the saved motion', () => Boolean(document.querySelector('.cemnet-told a')));
await fitView(page);
await shot('download');
const download = await page.evaluate(async () => {
  const link = document.querySelector('.cemnet-told a');
  return { name: link.download, text: (await (await fetch(link.href)).text()).slice(0, 40) };
});

await openTemplate(page, url, pack, '9 Load a motion');
const choosing = page.waitForEvent('filechooser');
await page.evaluate(() => {
  const node = window.app.graph._nodes.find(({ type }) => type === 'CEMNetLoadMotion');
  const button = node.widgets.find(({ name }) => name === 'upload');
  button.callback();
});
await (await choosing).setFiles(motionFile);
await until(page, 'the uploaded file to be chosen', name => window.app.graph._nodes.find(({ type }) => type === 'CEMNetLoadMotion')
  .widgets.find(widget => widget.name === 'file').value === name, path.basename(motionFile));
await fitView(page);
await shot('upload');
const prompt = (await page.evaluate(async () => (await window.app.graphToPrompt()))).output;
console.log(JSON.stringify({ outcome, shown, sounds, download, prompt }));
await browser.close();
