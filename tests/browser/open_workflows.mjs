// node open_workflows.mjs PORT FILE...
// Opens workflow files as a user does, and prints one line of JSON for each: nodes that are missing or changed too much
// to be used, and the prompt that the page would queue.
import fs from 'fs';
import { openComfy, showWorkflow } from './page.mjs';

const [port, ...files] = process.argv.slice(2);
const { browser, page } = await openComfy(port, 'CEMNetLoader');
for (const file of files) {
  await showWorkflow(page, JSON.parse(fs.readFileSync(file)), 'stored');
  const told = await page.evaluate(async () => {
    const red = window.app.graph._nodes
      .filter(node => node.has_errors || !window.LiteGraph.registered_node_types[node.type]).map(node => node.type);
    return { red, prompt: (await window.app.graphToPrompt()).output };
  });
  console.log(JSON.stringify({ file, ...told }));
}
await browser.close();
