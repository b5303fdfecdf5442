// node run_workflows.mjs PORT SCREENSHOT_FOLDER PACK NAME...
// Opens each template of the pack as a user does, queues it with the button, and waits until its videos can be played.
// Prints one line of JSON for each: what was missing, how it ended, what can be played. The folder gets a screenshot
// of each graph (.png) and a frame of what it made (.jpg).
import fs from 'fs';
import path from 'path';
import { fitView, openComfy, openTemplate, run, settled, until } from './page.mjs';

const [port, folder, pack, ...names] = process.argv.slice(2);
const FRAME_SECONDS = 1.4;
const { browser, page, complaints, url } = await openComfy(port, 'CEMNetLoader');
for (const name of names) {
  complaints.length = 0;
  await openTemplate(page, url, pack, name);
  const red = await page.evaluate(() => window.app.graph._nodes
    .filter(node => node.has_errors || !window.LiteGraph.registered_node_types[node.type]).map(node => node.type));
  const [outcome, details] = await run(page);
  const wanted = await page.evaluate(() => window.app.graph._nodes.filter(node => node.type === 'SaveVideo').length);
  await fitView(page);
  const playable = outcome === 'execution_success' && await until(page, `${wanted} videos of ${name} that can be played`,
    wanted => [...document.querySelectorAll('video')] // those of Save Video, not what other nodes play
      .filter(video => video.readyState === 4 && !(video.currentSrc + video.innerHTML).includes('type=temp')).length >= wanted, wanted);
  await settled(page);
  const frame = await page.evaluate(async seconds => {
    const videos = [...document.querySelectorAll('video')].filter(video => video.readyState === 4);
    for (const video of videos) {
      video.pause();
      await new Promise(done => { video.onseeked = done; video.currentTime = seconds; });
    }
    const video = videos.at(-1);
    if (!video) return null;
    const { videoWidth: width, videoHeight: height } = video;
    const canvas = document.createElement('canvas');
    canvas.height = 360;
    canvas.width = Math.round(360 * width / height);
    const shown = width === height ? [0.08 * width, 0, 0.65 * width, 0.65 * height] : [0, 0, width, height];
    canvas.getContext('2d').drawImage(video, ...shown, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.88).split(',')[1];
  }, FRAME_SECONDS);
  if (frame) fs.writeFileSync(path.join(folder, `${name}.jpg`), Buffer.from(frame, 'base64'));
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  const videos = await page.evaluate(() => [...document.querySelectorAll('video')]
    .map(video => ({ width: video.videoWidth, seconds: video.duration, ready: video.readyState })));
  console.log(JSON.stringify({
    name, red, outcome, error: details?.exception_message, wanted, playable, videos, complaints: [...complaints],
  }));
}
await browser.close();
