// SPDX-License-Identifier: MIT
// The question that the page asks: the words of the command line, kept in the page's address.

/** The words of "calibram estimate", in the order in which its command is written. */
export const words = ['model', 'runtime', 'weights', 'kv', 'batch', 'prompt', 'generate', 'context', 'devices', 'split',
  'options', 'metric', 'device', 'estimator', 'profile', 'gpu', 'capacity'];

/** Those that "calibram advise" takes besides. */
export const adviceWords = ['max-devices', 'keep-formats', 'keep-batch', 'keep-context', 'keep-engine', 'keep-on-card'];

/** What an absent word means, so that it need not be said. */
const defaults = {batch: '1', generate: '0', devices: '1'};

export const firstModel = 'llama-3.1-8b';

/** What a page without a question starts with. */
const start = {model: firstModel, prompt: '8192', gpu: 'RTX 4090'};

const allWords = [...words, ...adviceWords];
const listeners = [];
let current = {};

const normal = (word, value) => (value === undefined || value === null || value === defaults[word] ? '' : String(value).trim());

/** The value of a word; empty where nothing is said. */
export const value = (word) => current[word] ?? '';

/** The value that a word has, said or not. */
export const effective = (word) => value(word) || defaults[word] || '';

function queryOf(wanted) {
  const query = new URLSearchParams();
  for (const word of wanted) if (value(word) !== '') query.set(word, value(word));
  return query;
}

/** What the API is asked; `extra` are further words, `left` one that this question does not take. */
export function query(extra = {}, {wanted = words, left = ''} = {}) {
  const made = queryOf(wanted.filter((word) => word !== left));
  for (const [word, said] of Object.entries(extra)) made.set(word, said);
  return made.toString();
}

export const adviceQuery = () => query({}, {wanted: allWords});

/** Calls `listener` after each change. */
export const onChange = (listener) => listeners.push(listener);

/** Changes some words and keeps the others. */
export function change(said) {
  const before = JSON.stringify(current);
  for (const [word, text] of Object.entries(said)) current[word] = normal(word, text);
  if (JSON.stringify(current) === before) return;
  keepInAddress();
  for (const listener of listeners) listener();
}

/** Asks anew, all words not said being empty. */
export function replaceQuestion(said) {
  change({...Object.fromEntries(allWords.map((word) => [word, ''])), ...said});
}

export const restart = () => replaceQuestion(start);

let isKept = true;
function keepInAddress() {
  if (!isKept) return;
  isKept = false;  // browsers refuse many changes of the address in short time
  setTimeout(() => {
    isKept = true;
    const text = queryOf(allWords).toString();
    history.replaceState(null, '', text === '' ? location.pathname : `?${text}`);
  }, 150);
}

/** Takes the question that the address holds, or the first one. */
export function readAddress() {
  const said = new URLSearchParams(location.search);
  current = {};
  for (const word of allWords) if (said.has(word)) current[word] = normal(word, said.get(word));
  if (Object.values(current).every((text) => text === '')) current = {...start};
}
