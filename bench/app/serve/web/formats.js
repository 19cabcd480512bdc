// SPDX-License-Identifier: MIT
// Formats of weights and KV cache: the usual ones as buttons, the others in a list.
import {byId, element} from '/elements.js';
import {change, value} from '/question.js';
import {Segments} from '/segments.js';
import {t} from '/texts.js';

const usual = {
  weights: ['', 'fp16', 'fp8', 'int8', 'q8_0', 'q5_k_m', 'q4_k_m', 'awq-int4'],
  kv: ['', 'fp16', 'fp8', 'int8', 'q8_0', 'q4_0'],
};

let formats = [];
const controls = {};

const textOf = (word, format) => (format === '' ? t(`${word}.default`) : format);

function fill(word) {
  const {segments, select, label} = controls[word];
  const known = formats.filter((format) => format[word]);
  label.textContent = t(word);
  segments.setOptions(usual[word].filter((name) => name === '' || known.some((format) => format.name === name))
    .map((name) => ({value: name, text: textOf(word, name), title: formats.find((format) => format.name === name)?.layout})));
  const others = known.filter(({name}) => !usual[word].includes(name));
  select.setAttribute('aria-label', t('format.others', {what: t(word)}));
  select.replaceChildren(element('option', {value: ''}, t('format.more')),
    ...others.map(({name, layout}) => element('option', {value: name, title: layout}, name)));
}

export function showFormats() {
  for (const word of ['weights', 'kv']) {
    const {segments, select} = controls[word], format = value(word);
    segments.show(format);
    select.value = usual[word].includes(format) ? '' : format;
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
