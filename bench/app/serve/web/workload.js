// SPDX-License-Identifier: MIT
// What is asked of the model: tokens of a prompt, tokens to generate, requests at once.
import {grouped} from '/bytes.js';
import {byId} from '/elements.js';
import {change, effective, value} from '/question.js';
import {Slider, stepsUpTo} from '/slider.js';
import {counted, t} from '/texts.js';

const longestPrompt = 1048576, mostRequests = 1024;

let prompt, batch, positions = null;

/** The slider ends where the model does. */
export function limitPrompt(model) {
  positions = model?.max_positions ?? null;
  prompt.setSteps(stepsUpTo(model?.max_positions ?? longestPrompt));
}

export function showWorkload() {
  prompt.show(Number(effective('prompt') || effective('context') || 1));
  batch.show(Number(effective('batch')));
  if (byId('generate') !== document.activeElement) byId('generate').value = value('generate');
}

/** How many tokens each request keeps, as the program counted them. @param workload  null where there is no answer */
export function showKept(workload) {
  const isBeyond = workload !== null && positions !== null && workload.context > positions;
  const beyond = isBeyond ? ` ${t('kept.beyond', {count: grouped(positions)})}` : '';
  byId('kept').textContent = workload === null ? '' : t('kept', {count: grouped(workload.context)}) + beyond;
}

export function nameWorkloadControls() {
  prompt.name(t('prompt'), t('tokens'));
  batch.name(t('batch'), '');
  showWorkload();
}

export function setUpWorkload() {
  const tokens = (count) => counted('tokens.spoken', count);
  prompt = new Slider(byId('prompt'), {steps: stepsUpTo(longestPrompt), speak: tokens, onChange: (count) => change({prompt: count})});
  batch = new Slider(byId('batch'), {steps: stepsUpTo(mostRequests), speak: grouped, onChange: (count) => change({batch: count})});
  byId('generate').addEventListener('input', (event) => change({generate: event.target.value}));
}
