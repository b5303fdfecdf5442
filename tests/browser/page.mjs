// ComfyUI's page in a headless browser, ready to work in. What it waits for are states of the page, however long a busy
// machine takes; where one never comes, the error says which.
import { chromium } from 'playwright-core';

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const LONGEST_MS = Number(process.env.LONGEST_MS ?? 900_000); // far more than anything takes on a machine at a load of 16
const ENDINGS = ['execution_success', 'execution_error', 'execution_interrupted'];

/**
 * Waits until a function of the page gives something, and returns it. Error with `what` where that never happens.
 * @template T
 * @param {import('playwright-core').Page} page
 * @param {string} what for the error: "the page to show its help"
 * @param {(argument: any) => T} state runs in the page
 * @param {any} [argument]
 * @returns {Promise<T>}
 */
export async function until(page, what, state, argument) {
  try {
    const handle = await page.waitForFunction(state, argument, { timeout: LONGEST_MS });
    return await handle.jsonValue();
  } catch (error) {
    const shown = await page.evaluate(() => document.body.innerText.slice(0, 2000)).catch(() => 'nothing');
    throw new Error(`Waited in vain for ${what}: ${error.message}\nThe page shows: ${shown}`);
  }
}

/** Waits until the page has the types of the pack, its scripts and a graph. */
async function untilReady(page, nodeType) {
  await until(page, `ComfyUI's page to know ${nodeType}`,
    type => Boolean(window.app?.graph && window.LiteGraph?.registered_node_types[type]), nodeType);
  await until(page, "the pack's scripts",
    () => ['cemnet.colours', 'cemnet.errors', 'cemnet.told', 'cemnet.upload_motion'].every(
      wanted => window.app.extensions.some(({ name }) => name === wanted)));
  await until(page, 'the first graph to be drawn', () => Boolean(document.querySelector('canvas')?.width
    && window.app.canvas?.frame > 2));
}

export async function openComfy(port, nodeType, locale = 'en') {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: QUIET,
  });
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
  context.setDefaultTimeout(LONGEST_MS);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', error => complaints.push(String(error)));
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    'Comfy.TutorialCompleted': true, 'Comfy.Release.Status': 'skipped', 'Comfy.InstalledVersion': '1.0.0',
    'Comfy.Locale': locale,
  };
  await page.request.post(`${url}/settings`, { data: settings });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await untilReady(page, nodeType);
  return { browser, page, complaints, url };
}

/** Loads the page again, with the newer (Vue) or the classic nodes. */
export async function useNewNodes(page, url, wanted) {
  await page.request.post(`${url}/settings`, { data: { 'Comfy.VueNodes.Enabled': wanted } });
  await page.reload({ waitUntil: 'domcontentloaded' });
  await untilReady(page, 'CEMNetLoader');
}

/** Shows a workflow, and waits until its nodes are drawn. */
export async function showWorkflow(page, workflow, name) {
  await page.evaluate(async ([workflow, name]) => window.app.loadGraphData(workflow, true, true, name), [workflow, name]);
  await until(page, `the graph of ${name}`,
    wanted => window.app.graph._nodes.length >= wanted, workflow.nodes?.length ?? 1);
  await settled(page);
}

/** Shows a template of the pack as the server hands it out. */
export async function openTemplate(page, url, pack, name) {
  const answer = await page.request.get(`${url}/api/workflow_templates/${pack}/${encodeURIComponent(name)}.json`);
  if (!answer.ok()) throw new Error(`The server has no template ${name} of ${pack}: ${answer.status()}`);
  await showWorkflow(page, await answer.json(), name);
}

/** Waits until no node moves or grows any more and the canvas was drawn again. */
export async function settled(page) {
  await page.evaluate(() => { window.boxes = ''; window.same = 0; });
  await until(page, 'the nodes to come to rest', () => {
    const boxes = JSON.stringify(window.app.graph._nodes.map(node => [...node.pos, ...node.size]))
      + [...document.querySelectorAll('[data-node-id]')].map(node => node.offsetHeight).join();
    window.same = boxes === window.boxes ? window.same + 1 : 0;
    window.boxes = boxes;
    return window.same > 20; // frames of the page
  });
}

/**
 * Queues what is shown with the button, and waits for the end.
 * @returns {Promise<[string, any]>} the last event and its details
 */
export async function run(page) {
  await page.evaluate(endings => {
    window.ended = null;
    if (window.followed) return;
    window.followed = true;
    for (const type of endings) {
      window.app.api.addEventListener(type, event => { window.ended = [type, event.detail]; });
    }
  }, ENDINGS);
  await page.locator('[data-testid="queue-button"]').first().click();
  return until(page, 'the workflow to end', () => window.ended);
}

/** Shows the whole graph in the window. */
export async function fitView(page) {
  await page.evaluate(() => {
    const { canvas, graph } = window.app;
    canvas.min_font_size_for_lod = 0; // words stay however small they are
    const boxes = graph._nodes.map(node => node.getBounding ? [...node.getBounding()] : [...node.pos, ...node.size]);
    const left = Math.min(...boxes.map(box => box[0])), top = Math.min(...boxes.map(box => box[1]));
    const right = Math.max(...boxes.map(box => box[0] + box[2])), bottom = Math.max(...boxes.map(box => box[1] + box[3]));
    const room = canvas.canvas.getBoundingClientRect();
    const scale = Math.min(1.1, (room.width - 160) / (right - left), (room.height - 260) / (bottom - top));
    canvas.ds.scale = scale;
    canvas.ds.offset = [
      room.width / 2 / scale - (left + right) / 2, (room.height + 40) / 2 / scale - (top + bottom) / 2,
    ];
    canvas.setDirty(true, true);
  });
  await settled(page);
}
