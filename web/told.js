// Shows on the pack's nodes what they tell after they ran: what was seen and heard, a link to a saved motion, and the
// video in place of its last frame.
import { api } from '../../scripts/api.js';
import { app } from '../../scripts/app.js';
import { inLanguage } from './told_words.js';

const PACK = 'CEMNet'; // how the type of each node of the pack begins
const WIDGET = 'cemnet_told'; // not stored in workflows
const LAST_FRAME = '$$canvas-image-preview'; // the page's own name for it
const LINE_HEIGHT = 18;
const MARGIN = 5;
const PADDING = 8; // left and right of a line
const FONT_SIZE = 12;

/**
 * @typedef {{ filename: string, subfolder: string, type: string }} SavedFile
 * @typedef {{ text?: string[], motion_files?: SavedFile[] }} Told what a node's execute hands to the page as `ui`
 */

/**
 * A link with which the browser saves a file from ComfyUI's folders.
 * @param {SavedFile} file
 * @returns {HTMLAnchorElement}
 */
function downloadLink(file) {
  const link = document.createElement('a');
  link.href = api.apiURL(`/view?${new URLSearchParams({ ...file })}`);
  link.download = file.filename;
  link.textContent = `⬇ ${file.filename}`;
  link.style.cssText = 'color: var(--p-primary-color, #6ab0f3); pointer-events: auto;';
  return link;
}

/**
 * The language of the page, such as "fr".
 * @returns {string | undefined}
 */
function language() {
  return app.extensionManager?.setting?.get?.('Comfy.Locale') ?? app.ui?.settings?.getSettingValue?.('Comfy.Locale');
}

/**
 * How many lines a text takes in a box of some width.
 * @param {string} text
 * @param {number} width in pixels
 * @returns {number}
 */
function numLines(text, width) {
  const context = document.createElement('canvas').getContext('2d');
  if (!context || width <= 0) return 1;
  context.font = `${FONT_SIZE}px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(1, Math.ceil(context.measureText(text).width / width));
}

/**
 * The box on a node, which is made when it first has something to tell.
 * @param {any} node
 * @returns {{ element: HTMLElement, height: number }}
 */
function boxOf(node) {
  let widget = node.widgets?.find(({ name }) => name === WIDGET);
  if (!widget) {
    const element = document.createElement('div');
    element.className = 'cemnet-told';
    element.style.cssText = `font-size: ${FONT_SIZE}px; line-height: ${LINE_HEIGHT}px; overflow: hidden auto; `
      + `overflow-wrap: anywhere; color: var(--input-text, #ddd); padding: 0 ${PADDING}px; user-select: text;`;
    const height = () => (widget?.told?.lines ?? 1) * LINE_HEIGHT + 2 * MARGIN;
    widget = node.addDOMWidget(WIDGET, 'cemnet_told', element, {
      serialize: false, hideOnZoom: false, margin: MARGIN, getValue: () => '', setValue: () => {},
      getMinHeight: height, getMaxHeight: height,
    });
    widget.serialize = false;
    widget.told = { element, lines: 1 };
  }
  return widget.told;
}

/**
 * @param {any} node
 * @param {Told} told
 */
function tell(node, told) {
  const box = boxOf(node);
  const links = (told.motion_files ?? []).map(downloadLink);
  // The link has the file's name already.
  const texts = links.length ? [] : (told.text ?? []).map(text => inLanguage(text, language()));
  const room = node.size[0] - 2 * (MARGIN + PADDING);
  box.lines = Math.max(1, links.length + texts.reduce((sum, text) => sum + numLines(text, room), 0));
  box.element.replaceChildren(...texts.map(text => {
    const line = document.createElement('div');
    line.textContent = text;
    line.title = text;
    return line;
  }), ...links.map(link => {
    const line = document.createElement('div');
    line.append(link);
    return line;
  }));
  const [width, height] = node.computeSize();
  if (node.size[0] < width || node.size[1] < height) {
    node.setSize([Math.max(node.size[0], width), Math.max(node.size[1], height)]);
  }
  app.graph.setDirtyCanvas(true, true);
}

/**
 * Makes room for the video of a node that showed its frames while it rendered: the page keeps the last frame, and shows
 * no video beside it. A page that has no such store keeps the frame.
 * @param {any} node
 */
function removeLastFrame(node) {
  const { $pinia } = document.querySelector('#vue-app')?.__vue_app__?.config.globalProperties ?? {};
  const inner = node.graph !== app.graph && !node.graph?.isRootGraph;
  $pinia?._s.get('nodeOutput')?.revokePreviewsByLocatorId?.(inner ? `${node.graph.id}:${node.id}` : String(node.id));
  node.imgs = undefined;
  const index = node.widgets?.findIndex(({ name }) => name === LAST_FRAME) ?? -1;
  if (index >= 0) {
    node.widgets[index].onRemove?.();
    node.widgets.splice(index, 1);
  }
}

app.registerExtension({
  name: 'cemnet.told',
  beforeRegisterNodeDef(nodeType, definition) {
    if (!definition.name.startsWith(PACK)) return;
    const onExecuted = nodeType.prototype.onExecuted;
    // A node that stands for a chain is handed what each part of the chain tells, the last part last.
    nodeType.prototype.onExecuted = function (told, ...rest) {
      onExecuted?.call(this, told, ...rest);
      if (told?.text) tell(this, told);
      if (told?.animated) removeLastFrame(this);
    };
  },
});
