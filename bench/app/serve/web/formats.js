// SPDX-License-Identifier: MIT
// Formats of weights and KV cache: the usual ones as buttons, the others in a list.
import {byId, element} from '/elements.js';
import {change, value} from '/question.js';
import {Segments} from '/segments.js';
import {t} from '/texts.js';

/** What people ask each runtime for; '' is its own default. */
const usualFormats = {
  'calibram': {weights: ['', 'fp16', 'fp8', 'int8', 'q8_0', 'q5_k', 'q4_k', 'awq-int4'], kv: ['', 'fp16', 'int8']},
  'llama.cpp': {weights: ['', 'fp16', 'q8_0', 'q6_k', 'q5_k', 'q4_k', 'q3_k'], kv: ['', 'fp16', 'q8_0', 'q4_0']},
  'transformers': {weights: ['', 'fp16', 'bnb-int8', 'nf4', 'gptq-int4', 'awq-int4'], kv: ['', 'fp16']},
  'vllm': {weights: ['', 'fp16', 'fp8', 'w8a8', 'gptq-int8', 'gptq-int4', 'awq-int4'], kv: ['', 'fp16', 'fp8']},
};

let formats = [], family = 'calibram';
const usual = () => usualFormats[family] ?? usualFormats.calibram;
const controls = {};

const textOf = (word, format) => (format === '' ? t(`${word}.default`) : format);

function fill(word) {
  const {segments, select, label} = controls[word];
  const known = formats.filter((format) => format[word]);
  label.textContent = t(word);
  segments.setOptions(usual()[word].filter((name) => name === '' || known.some((format) => format.name === name))
    .map((name) => ({value: name, text: textOf(word, name), title: formats.find((format) => format.name === name)?.layout})));
  const others = known.filter(({name}) => !usual()[word].includes(name));
  select.setAttribute('aria-label', t('format.others', {what: t(word)}));
  select.replaceChildren(element('option', {value: ''}, t('format.more')),
    ...others.map(({name, layout}) => element('option', {value: name, title: layout}, name)));
}

export function showFormats() {
  const asked = value('runtime').split('@')[0] || 'calibram';
  if (asked !== family) {
    family = asked;
    fill('weights');
    fill('kv');
  }
  for (const word of ['weights', 'kv']) {
    const {segments, select} = controls[word], format = value(word);
    segments.show(format);
    select.value = usual()[word].includes(format) ? '' : format;
    select.classList.toggle('chosen', select.value !== '');
  }
}

export function nameFormatControls() {
  fill('weights');
  fill('kv');
  showFormats();
}

export function setFormats(known) {
  formats = known;
  nameFormatControls();
}

export function setUpFormats() {
  for (const word of ['weights', 'kv']) {
    const label = element('span', {class: 'label', id: `${word}-label`});
    const buttons = element('div', {'aria-labelledby': `${word}-label`});
    const select = element('select', {class: 'others'});
    byId(word).append(label, buttons, select);
    controls[word] = {label, select, segments: new Segments(buttons, (format) => change({[word]: format}))};
    select.addEventListener('change', () => change({[word]: select.value}));
  }
}
