// node blueprint_and_app.mjs PORT SCREENSHOT_FOLDER PACK TEMPLATE
// Takes the pack's blueprint from the server as the page does, runs it between nodes that load and save, and opens a
// template as an app. Prints one line of JSON: the blueprints that the page offers, what the blueprint's node shows, how it
// ended, and the text of the app.
import path from 'path';
import { fitView, openComfy, openTemplate, run, until } from './page.mjs';

const [port, folder, pack, template] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
const listed = await (await page.request.get(`${url}/global_subgraphs`)).json();
const [id, entry] = Object.entries(listed).find(([, entry]) => entry.info.node_pack === `custom_nodes.${pack}`);
const { data } = await (await page.request.get(`${url}/global_subgraphs/${id}`)).json();
const offered = await until(page, 'the page to offer the blueprint', id => {
  const { $pinia } = document.querySelector('#vue-app').__vue_app__.config.globalProperties;
  const found = $pinia._s.get('nodeDef')?.nodeDefs?.find(({ name }) => name.endsWith(id));
  return found && { name: found.display_name, category: found.category, description: found.description };
}, id);
const shown = await page.evaluate(async ([blueprint]) => {
  const { app, LiteGraph } = window;
  await app.loadGraphData(JSON.parse(blueprint), true, true, 'blueprint');
  const [chain] = app.graph._nodes;
  const made = {};
  for (const [type, left, top] of [['LoadImage', -400, 0], ['LoadAudio', -400, 450], ['SaveVideo', 450, 0]]) {
    made[type] = LiteGraph.createNode(type);
    made[type].pos = [chain.pos[0] + left, chain.pos[1] + top];
    app.graph.add(made[type]);
  }
  made.LoadImage.widgets.find(({ name }) => name === 'image').value = 'cemnet_portrait.png';
  made.LoadAudio.widgets.find(({ name }) => name === 'audio').value = 'cemnet_speech.wav';
  made.LoadImage.connect(0, chain, 0);
  made.LoadAudio.connect(0, chain, 1);
  chain.connect(0, made.SaveVideo, 0);
  return { title: chain.title, widgets: Object.fromEntries(chain.widgets.map(({ name, value }) => [name, value])) };
}, [data]);
const [outcome, details] = await run(page);
await fitView(page);
await page.screenshot({ path: path.join(folder, 'blueprint.png') });

await openTemplate(page, url, pack, template);
await page.evaluate(() => window.app.extensionManager.command.execute('Comfy.ToggleLinear'));
const app = await until(page, 'the app to show the intensity', () => {
  const text = document.body.innerText;
  return text.includes('intensity') && text;
});
await page.screenshot({ path: path.join(folder, 'app.png') });
console.log(JSON.stringify({ name: entry.name, offered, shown, outcome, error: details?.exception_message, app }));
await browser.close();
