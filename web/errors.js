// Shows the sentence of an error of the pack's nodes on the page, where ComfyUI alone hides it behind a button.
import { api } from '../../scripts/api.js';
import { app } from '../../scripts/app.js';

const PACK = 'CEMNet'; // how the type of each node of the pack begins
const SHOWN_MS = 20_000;

/**
 * The title of a node as the user sees it. Within a chain that one node stands for, "3.4" is a part of node 3.
 * @param {string} id
 * @param {string} type shown where the node is not in the open graph
 * @returns {string}
 */
function titleOf(id, type) {
  const number = String(id).split(/[.:]/)[0];
  return app.graph?.getNodeById(number)?.title ?? app.graph?.getNodeById(Number(number))?.title ?? type;
}

/**
 * @param {string} title
 * @param {string} sentence
 */
function tell(title, sentence) {
  app.extensionManager?.toast?.add({ severity: 'error', summary: title, detail: sentence.trim(), life: SHOWN_MS });
}

/**
 * The sentences in the server's answer to a prompt that it refused, each once.
 * @param {{ errors: { type: string, message: string, details: string }[] }} refused the errors of one node
 * @returns {string[]}
 */
function sentencesOf(refused) {
  const sentences = refused.errors.map(({ type, message, details }) => type === 'custom_validation_failed'
    ? details.replace(/^\w+ - /, '') // ComfyUI writes the input before it
    : `${message}: ${details}`);
  return [...new Set(sentences)];
}

/** Tells what the server says of a prompt that it refuses; the page's own message stays. */
function followRefusals() {
  const queuePrompt = api.queuePrompt;
  api.queuePrompt = async function (...given) {
    try {
      return await queuePrompt.apply(this, given);
    } catch (error) {
      for (const [id, refused] of Object.entries(error?.response?.node_errors ?? {})) {
        if (!refused.class_type?.startsWith(PACK)) continue;
        for (const sentence of sentencesOf(refused)) tell(titleOf(id, refused.class_type), sentence);
      }
      throw error;
    }
  };
}

app.registerExtension({
  name: 'cemnet.errors',
  setup() {
    api.addEventListener('execution_error', ({ detail }) => {
      if (detail.node_type?.startsWith(PACK)) tell(titleOf(detail.node_id, detail.node_type), detail.exception_message);
    });
    followRefusals();
  },
});
