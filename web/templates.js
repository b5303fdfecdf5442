// Lets ComfyUI's page list the pack's templates in the order of their titles, which begin with numbers: the server
// lists them as the disk does.
import { api } from '../../scripts/api.js';

const FIRST = '1 Talking portrait'; // a template that only this pack has, whatever its folder is called

const getWorkflowTemplates = api.getWorkflowTemplates;

/** @returns {Promise<Record<string, string[]>>} titles by the folder of the pack that has them */
api.getWorkflowTemplates = async function (...given) {
  const templates = await getWorkflowTemplates.apply(this, given);
  for (const titles of Object.values(templates)) {
    if (titles.includes(FIRST)) titles.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  }
  return templates;
};
