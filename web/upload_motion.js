// Gives CEM-Net Load Motion a button that uploads a motion file, and lets one be dropped on it.
import { api } from '../../scripts/api.js';
import { app } from '../../scripts/app.js';

const NODE = 'CEMNetLoadMotion';
const SUFFIXES = ['.csv', '.json', '.glb'];

/**
 * Puts a file into ComfyUI's input folder under a name that is free, and chooses it.
 * @param {any} node
 * @param {File} file
 */
async function upload(node, file) {
  const body = new FormData();
  body.append('image', file); // the name that ComfyUI gives to every upload
  const answer = await api.fetchApi('/upload/image', { method: 'POST', body });
  if (!answer.ok) {
    app.extensionManager?.toast?.add({
      severity: 'error', summary: node.title, detail: `${file.name} could not be uploaded: ${answer.statusText}`, life: 20_000,
    });
    return;
  }
  const { name, subfolder } = await answer.json();
  const path = subfolder ? `${subfolder}/${name}` : name;
  const widget = node.widgets.find(({ name }) => name === 'file');
  if (!widget.options.values.includes(path)) widget.options.values = [...widget.options.values, path];
  widget.value = path;
  widget.callback?.(path);
  app.graph.setDirtyCanvas(true, true);
}

const isMotion = file => SUFFIXES.some(suffix => file.name.toLowerCase().endsWith(suffix));

/** @param {any} node */
function choose(node) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = SUFFIXES.join(',');
  input.addEventListener('change', () => { if (input.files?.length) upload(node, input.files[0]); });
  input.click();
}

app.registerExtension({
  name: 'cemnet.upload_motion',
  nodeCreated(node) {
    if (node.comfyClass !== NODE) return;
    const button = node.addWidget('button', 'upload', null, () => choose(node), { serialize: false });
    button.label = 'choose a motion file to upload';
    button.serialize = false;
    node.onDragOver = event => [...event.dataTransfer?.items ?? []].some(({ kind }) => kind === 'file');
    node.onDragDrop = event => {
      const file = [...event.dataTransfer?.files ?? []].find(isMotion);
      if (file) upload(node, file);
      return Boolean(file);
    };
  },
});
