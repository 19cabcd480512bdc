// SPDX-License-Identifier: MIT
// The command that prints what the page shows, and the question of a command that the program proposes.
import {byId} from '/elements.js';
import {t} from '/texts.js';
import {adviceWords, replaceQuestion, value, words} from '/question.js';

const plain = /^[A-Za-z0-9@%+=:,.\/_-]+$/;

/** A word as a shell reads it. */
const quoted = (word) => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);


/** What the command line calls the asked model: an upload has the name of its file. */
let fileOf = (model) => model;
export function nameFilesBy(lookUp) {
  fileOf = lookUp;
}

export const commandText = (argv) => ['calibram', ...argv].map((word) => quoted(word.startsWith('upload:') ? fileOf(word) : word)).join(' ');

/** Profiles have names here and files on a command line: the answer says which file it was. */
function estimatorFlags({profile, estimator}) {
  if (profile !== null) return ['--profile', profile];
  return value('profile') === 'none' && value('estimator') === '' ? ['--estimator', estimator] : [];
}

function commandFor(estimate) {
  const argv = ['estimate', value('model')];
  for (const word of words.slice(1)) if (word !== 'profile' && value(word) !== '') argv.push(`--${word}`, value(word));
  return [...argv, ...estimatorFlags(estimate)];
}

/** The question that a command line asks; nothing for one that the page cannot ask. */
export function questionOf(argv) {
  if (argv[0] !== 'estimate') return null;
  const said = {model: argv[1] === fileOf(value('model')) ? value('model') : argv[1]};
  for (let i = 2; i + 1 < argv.length; i += 2) {
    const word = argv[i].slice(2);
    if (!words.includes(word)) return null;
    said[word] = argv[i + 1];
  }
  return said;
}

/** Asks what a proposed command asks, with the reader's limits of advice. */
export function askCommand(argv) {
  const limits = Object.fromEntries(adviceWords.map((word) => [word, value(word)]));
  replaceQuestion({...limits, ...questionOf(argv)});
}

/** The command that prints this answer to the page's question. */
export function showCommand(estimate) {
  byId('command').textContent = commandText(commandFor(estimate));
}

export function setUpCommand() {
  byId('copy').addEventListener('click', async () => {
    const code = byId('command');
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);  // without the right to copy, the reader's own keys do it
      return;
    }
    byId('copy').textContent = t('copied');
    setTimeout(() => { byId('copy').textContent = t('copy'); }, 1500);
  });
}
