// SPDX-License-Identifier: MIT
// A config.json or the head of a .gguf, dropped anywhere or chosen by the button, becomes a model.
import {refusalNodes} from '/answer.js';
import {fetchDocument, Refusal} from '/asking.js';
import {byId} from '/elements.js';
import {addModel} from '/models.js';
import {t} from '/texts.js';

const headBytes = 32 * 2 ** 20;  // what the server takes at most; a header is smaller

async function send(file) {
  const status = byId('upload-status');
  status.className = 'help';
  status.textContent = t('upload.reading', {file: file.name});
  try {
    const query = new URLSearchParams({file: file.name, bytes: file.size});
    const model = await fetchDocument(`/api/models?${query}`, {method: 'POST', body: file.slice(0, headBytes)});
    status.textContent = t('upload.done', {file: file.name});
    addModel(model);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    status.className = 'refusal';
    status.replaceChildren(...refusalNodes(error));
  }
}

const holdsFiles = (event) => event.dataTransfer?.types.includes('Files');

function setUpDrop() {
  let depth = 0;
  const show = () => { byId('drop').hidden = depth === 0; };
  window.addEventListener('dragenter', (event) => { if (holdsFiles(event)) { ++depth; show(); } });
  window.addEventListener('dragleave', (event) => { if (holdsFiles(event)) { depth = Math.max(0, depth - 1); show(); } });
  window.addEventListener('dragover', (event) => { if (holdsFiles(event)) event.preventDefault(); });
  window.addEventListener('drop', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    const [file] = event.dataTransfer.files;
    if (file !== undefined) send(file);
  });
}

export function setUpUpload() {
  byId('upload-button').addEventListener('click', () => byId('upload').click());
  byId('upload').addEventListener('change', (event) => {
    const [file] = event.target.files;
    if (file !== undefined) send(file);
    event.target.value = '';
  });
  setUpDrop();
}
