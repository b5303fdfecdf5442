// node make_workflows.mjs PORT API_FOLDER OUTPUT_FOLDER
// Builds every workflow of the API folder in ComfyUI's own page, lays it out in columns below its note (in notes/ beside the API
// folder), and saves it as the page does.
import fs from 'fs';
import path from 'path';
import { openComfy, useNewNodes } from './page.mjs';

// What the page's app mode shows of a workflow, which is empty without it: the files, what matters of the performance,
// and the videos.
const SHOWN = {
  LoadImage: ['image'], LoadAudio: ['audio'], LoadVideo: ['file'],
  CEMNetTalkingPortrait: ['emotion', 'intensity', 'seed'], CEMNetEmotionBridge: ['emotion', 'intensity', 'seed'],
  CEMNetEmotionMix: ['emotion', 'share', 'intensity'], CEMNetEmotionTimeline: ['timeline'],
  CEMNetMotionEdit: ['head', 'blink', 'mouth', 'emotion'], CEMNetLoadMotion: ['file'],
};
const RESULTS = ['SaveVideo', 'CEMNetSaveMotion', 'PreviewImage'];

function appOf(prompt) {
  const nodes = Object.entries(prompt).map(([id, part]) => [Number(id), part]);
  return {
    inputs: nodes.flatMap(([id, part]) => (SHOWN[part.class_type] ?? [])
      .filter(name => !Array.isArray(part.inputs[name])).map(name => [id, name])),
    outputs: nodes.filter(([, part]) => RESULTS.includes(part.class_type)).map(([id]) => id),
  };
}

const [port, apiFolder, outputFolder] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await useNewNodes(page, url, false);
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
    const WITH_PICTURE = { LoadImage: 360, LoadAudio: 190, LoadVideo: 330, SaveVideo: 420, PreviewImage: 260 };
    const PLAYING = ['CEMNetTalkingPortrait', 'CEMNetFaceRenderer', 'CEMNetVideoRenderer', 'CEMNetVideoDubber'];
    // The newer nodes are taller than the classic ones: heights of their parts by eye, on page 1.58.1. What a node of
    // the pack tells after it ran, and the name of the pack below it, need a line each.
    const heightOf = node => {
      const ours = node.type.startsWith('CEMNet');
      const widgets = (node.widgets ?? []).filter(({ name }) => name !== 'control_after_generate').length;
      const wires = Math.max(node.inputs?.filter(input => !input.widget).length ?? 0, node.outputs?.length ?? 0);
      return 46 + 24 * wires + 36 * widgets + (ours ? 60 : 0) + (PLAYING.includes(node.type) ? 280 : 0);
    };
    let left = 40;
    for (let number = 0; number <= Math.max(...column.values()); number++) {
      let top = 80, widest = 0;
      for (const [id, node] of [...nodes].filter(([id]) => column.get(id) === number)) {
        const size = node.computeSize();
        const text = node.widgets?.some(widget => widget.name === 'timeline') ? 120 : 0;
        const wide = Math.max(size[0], 280);
        const high = Math.max(size[1], heightOf(node), WITH_PICTURE[node.type] ?? 0) + text;
        node.pos = [left, top];
        node.setSize([wide, PLAYING.includes(node.type) || WITH_PICTURE[node.type] || text ? high : size[1]]);
        top += high + GAP;
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
  workflow.extra = { linearData: appOf(prompt) };
  fs.writeFileSync(path.join(outputFolder, file), JSON.stringify(workflow, null, 2) + '\n');
  console.log(file);
}
await browser.close();
