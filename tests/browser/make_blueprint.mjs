// node make_blueprint.mjs PORT PACK TEMPLATE OUTPUT_FILE
// Joins the pack's nodes of a template into one subgraph, as a user does in ComfyUI's page, lets its node show what
// matters, and saves it in the form in which the page publishes blueprints.
import fs from 'fs';
import path from 'path';
import { openComfy, openTemplate, settled, useNewNodes } from './page.mjs';

const SHOWN = { // widgets of the inner nodes that the outer one shows
  CEMNetEmotionBridge: ['emotion', 'intensity', 'seed', 'head_motion', 'compensation'],
  CEMNetFaceReference: ['face_index'],
};
const DESCRIPTION = 'Makes a portrait speak, step by step inside: face, speech, emotion bridge, video.';
const [port, pack, template, file] = process.argv.slice(2);
const { browser, page, url } = await openComfy(port, 'CEMNetLoader');
await useNewNodes(page, url, false);
await openTemplate(page, url, pack, template);
const blueprint = await page.evaluate(async ([shown, description]) => {
  const { canvas, graph } = window.app;
  const { subgraph, node } = graph.convertToSubgraph(new Set(graph._nodes.filter(({ type }) => type.startsWith('CEMNet'))));
  const wires = ['image', 'audio'];
  for (const input of subgraph.inputs.filter(({ name }) => !wires.includes(name))) subgraph.removeInput(input); // page's own choice
  for (const [type, names] of Object.entries(shown)) {
    const inner = subgraph.nodes.find(node => node.type === type);
    for (const name of names) {
      const slot = inner.inputs.find(input => input.widget?.name === name);
      subgraph.addInput(name, String(slot.type)).connect(slot, inner);
    }
  }
  const { nodes, subgraphs } = canvas._serializeItems([node]);
  return {
    revision: 0, last_node_id: nodes[0].id, last_link_id: 0, nodes, links: [], version: 0.4,
    definitions: { subgraphs },
    extra: { BlueprintDescription: description, BlueprintSearchAliases: ['talking head', 'lip sync', 'CEM-Net'] },
  };
}, [SHOWN, DESCRIPTION]);
await settled(page);
blueprint.definitions.subgraphs[0].category = 'CEM-Net';
blueprint.nodes[0].title = blueprint.definitions.subgraphs[0].name = path.basename(file, '.json');
for (const input of blueprint.nodes[0].inputs ?? []) input.link = null;
for (const output of blueprint.nodes[0].outputs ?? []) output.links = [];
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, JSON.stringify(blueprint, null, 2) + '\n');
console.log(blueprint.nodes[0].inputs.map(({ name }) => name).join());
await browser.close();
