// Gives each type of the pack's wires a colour of its own, in both kinds of nodes of ComfyUI's page.
import { app } from '../../scripts/app.js';

/** @type {Record<string, string>} colours by the name of a socket's type in nodes/sockets.py */
const COLOURS = {
  CEMNET_MODEL: '#b39ddb',
  CEMNET_FACE: '#f4a582',
  CEMNET_SPEECH: '#ffd54f',
  CEMNET_MOTION: '#81c784',
  CEMNET_FILM: '#4dd0e1',
  CEMNET_SPEAKERS: '#f06292',
};

/**
 * Lets a table of colours fall back to the pack's, where the page's palettes have none: they write '' for types that
 * they do not know, each time one is chosen.
 * @param {Record<string, string>} table
 */
function fillTable(table) {
  for (const [type, colour] of Object.entries(COLOURS)) {
    let chosen = table[type];
    Object.defineProperty(table, type, {
      configurable: true,
      enumerable: true,
      get: () => chosen || colour,
      set: value => { chosen = value; },
    });
  }
}

/** The newer nodes take colours from variables of CSS, which a palette sets closer to them. */
function addStyleSheet() {
  const style = document.createElement('style');
  const variables = Object.entries(COLOURS).map(([type, colour]) => `--color-datatype-${type}: ${colour};`);
  style.textContent = `:root { ${variables.join(' ')} }`;
  document.head.append(style);
}

app.registerExtension({
  name: 'cemnet.colours',
  setup() {
    fillTable(app.canvas.default_connection_color_byType);
    fillTable(window.LGraphCanvas.link_type_colors);
    addStyleSheet();
  },
});
