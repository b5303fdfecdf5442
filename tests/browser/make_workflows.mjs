// node make_workflows.mjs PORT API_FOLDER OUTPUT_FOLDER
// Builds every workflow of the API folder in ComfyUI's own page, lays it out in columns below its note (in notes/ beside the API
// folder), and saves it as the page does.
import fs from 'fs';
import path from 'path';
import { openComfy } from './page.mjs';

const [port, apiFolder, outputFolder] = process.argv.slice(2);
const { browser, page } = await openComfy(port, 'CEMNetLoader');
fs.mkdirSync(outputFolder, { recursive: true });
for (const file of fs.readdirSync(apiFolder).filter(name => name.endsWith('.json')).sort()) {
  const prompt = JSON.parse(fs.readFileSync(path.join(apiFolder, file)));
  const note = fs.readFileSync(path.join(apiFolder, '..', 'notes', `${path.basename(file, '.json')}.md`), 'utf8').trim();
  const workflow = await page.evaluate(async ([prompt, text]) => {
    const { app, LiteGraph } = window;
    await app.loadGraphData({ version: 0.4, nodes: [], links: [], last_node_id: 0, last_link_id: 0 }, true, true, 'new');
    const nodes = new Map();
    for (const [id, part] of Object.entries(prompt)) {
      const node = LiteGraph.createNode(part.class_type);
      node.id = Number(id);
      app.graph.add(node);
      nodes.set(id, node);
    }
    const isWire = value => Array.isArray(value) && value.length === 2 && nodes.has(value[0]);
    for (const [id, part] of Object.entries(prompt)) {
      const node = nodes.get(id);
      for (const [name, value] of Object.entries(part.inputs)) {
        if (isWire(value)) {
          nodes.get(value[0]).connect(value[1], node, node.inputs.findIndex(input => input.name === name));
        } else {
          const widget = node.widgets.find(widget => widget.name === name);
          if (!widget) throw new Error(`${part.class_type} has no ${name}`);
          widget.value = value;
        }
      }
      for (const widget of node.widgets ?? []) {
        if (widget.name === 'control_after_generate') widget.value = 'fixed';
      }
    }
    // A node stands in the column after the last of those it waits for.
    const column = new Map();
    const place = id => {
      if (!column.has(id)) {
        const before = Object.values(prompt[id].inputs).filter(isWire).map(wire => place(wire[0]) + 1);
        column.set(id, Math.max(0, ...before));
      }
      return column.get(id);
    };
    Object.keys(prompt).forEach(place);
    const GAP = 70;
    const WITH_PICTURE = {
      LoadImage: 330, LoadAudio: 150, LoadVideo: 300, SaveVideo: 340, PreviewImage: 260,
      CEMNetTalkingPortrait: 440, CEMNetFaceRenderer: 380, CEMNetVideoRenderer: 420, CEMNetVideoFace: 360,
      CEMNetVideoDubber: 340,
    };
    let left = 40;
    for (let number = 0; number <= Math.max(...column.values()); number++) {
      let top = 80, widest = 0;
      for (const [id, node] of [...nodes].filter(([id]) => column.get(id) === number)) {
        const size = node.computeSize();
        const wide = Math.max(size[0], 280), high = Math.max(size[1], WITH_PICTURE[node.type] ?? 0);
        const text = node.widgets?.some(widget => widget.name === 'timeline') ? 120 : 0;
        node.pos = [left, top];
        node.setSize([wide, high + text]);
        top += high + text + GAP;
        widest = Math.max(widest, wide);
      }
      left += widest + GAP;
    }
    const note = LiteGraph.createNode('MarkdownNote');
    app.graph.add(note);
    note.title = 'Note';
    note.pos = [40, -170];
    note.setSize([630, 170]);
    note.widgets[0].value = text;
    return app.graph.serialize();
  }, [prompt, note]);
  delete workflow.id;
  workflow.extra = {};
  fs.writeFileSync(path.join(outputFolder, file), JSON.stringify(workflow, null, 2) + '\n');
  console.log(file);
}
await browser.close();
