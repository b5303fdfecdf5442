// ComfyUI's page in a headless browser, ready to work in.
import { chromium } from 'playwright-core';

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const START_MS = 120_000;

export async function openComfy(port, nodeType, locale = 'en') {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: QUIET,
  });
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
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
  await page.waitForFunction(
    type => window.app?.graph && window.LiteGraph?.registered_node_types[type], nodeType, { timeout: START_MS },
  );
  await page.waitForTimeout(1000);
  return { browser, page, complaints, url };
}

// Shows the whole graph in the window.
export async function fitView(page) {
  await page.evaluate(() => {
    const { canvas, graph } = window.app;
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
  await page.waitForTimeout(600);
}
