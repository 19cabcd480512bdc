// SPDX-License-Identifier: MIT
// Which model: by name from the catalogue, by size alone, or a file that the reader gave.
import {billions, grouped} from '/bytes.js';
import {nameFilesBy} from '/command.js';
import {Combobox} from '/combobox.js';
import {byId, element, replace} from '/elements.js';
import {change, firstModel, value} from '/question.js';
import {Segments} from '/segments.js';
import {Slider} from '/slider.js';
import {t} from '/texts.js';

const largestSize = 180, firstSize = 8;
const sizePattern = /^([0-9]*\.?[0-9]+)[bB]$/;
const sizes = Array.from({length: largestSize}, (_, i) => i + 1);

let models = [], picker, kinds, size, lastName = firstModel, onModel = () => {};

/** Billions of parameters where the model is a bare size. */
const sizeOf = (model) => (sizePattern.test(model) ? Number(sizePattern.exec(model)[1]) : null);

const modelNamed = (name) => models.find((model) => model.name === name);
const titleOf = (model) => model.title ?? model.name;

function optionOf(model) {
  const layout = model.parameters ? `${billions(model.parameters)} · ${model.stored_format ?? ''}` : '';
  return {value: model.name, text: titleOf(model), note: layout, keys: model.family};
}

function facts(model) {
  const parts = [t('model.parameters', {count: billions(model.parameters)})];
  if (model.active_parameters !== model.parameters) parts.push(t('model.active', {count: billions(model.active_parameters)}));
  if (model.layers) parts.push(t('model.layers', {count: model.layers}));
  if (model.stored_format) parts.push(t('model.stored', {format: model.stored_format}));
  if (model.max_positions) parts.push(t('model.positions', {count: grouped(model.max_positions)}));
  return parts.join(' · ');
}

/** Catalogue models whose number of parameters is nearest to a size. */
function modelsNear(billion) {
  const distance = (model) => Math.abs(Math.log(model.parameters / (billion * 1e9)));
  return models.filter((model) => model.parameters && !model.name.startsWith('probe') && distance(model) < 0.25)
    .sort((a, b) => distance(a) - distance(b)).slice(0, 6);
}

function showSize(billion) {
  byId('model-by-name').hidden = billion !== null;
  byId('model-by-size').hidden = billion === null;
  kinds.show(billion === null ? 'name' : 'size');
  if (billion === null) return;
  size.show(billion);
  const near = modelsNear(billion);
  replace(byId('near'), element('span', {class: 'help'}, t(near.length > 0 ? 'size.near' : 'size.none')),
    ...near.map((model) => element('button', {type: 'button', 'data-model': model.name}, model.name)));
}

/** Shows the asked model. */
export function showModel() {
  const name = value('model'), billion = sizeOf(name), model = modelNamed(name);
  if (billion === null && name !== '') lastName = name;
  showSize(billion);
  if (billion === null) picker.show(name);
  byId('model-facts').textContent = model ? facts(model) : '';
  onModel(model);
}

/** Takes the models that the server knows. */
export function setModels(known) {
  models = known;
  picker.setOptions(models.filter((model) => !model.name.startsWith('probe')).map(optionOf));
  showModel();
}

/** An upload, which is asked about from now on. */
export function addModel(model) {
  setModels([model, ...models.filter(({name}) => name !== model.name)]);
  change({model: model.name});
}

export function nameModelControls() {
  picker.name(t('model'), t('model.search'));
  kinds.setOptions([{value: 'name', text: t('model.name')}, {value: 'size', text: t('model.size')}]);
  size.name(t('size'), t('size.unit'));
  showModel();
}

/** @param listener  called with what is known of the asked model, whenever it may have changed */
export function setUpModels(listener) {
  onModel = listener;
  const ask = (model) => change({model});
  picker = new Combobox(byId('model-picker'), {id: 'model', onChoice: ask, onText: ask});
  kinds = new Segments(byId('model-kind'), (kind) => ask(kind === 'size' ? `${firstSize}B` : lastName));
  size = new Slider(byId('size'), {steps: sizes, speak: (count) => t('size.spoken', {count}),
    field: {min: '0.1', max: '10000', step: 'any', inputmode: 'decimal'}, onChange: (count) => ask(`${count}B`)});
  byId('near').addEventListener('click', (event) => {
    const {model} = event.target.dataset;
    if (model !== undefined) ask(model);
  });
  nameFilesBy((name) => {
    const model = modelNamed(name);
    return model === undefined ? name : titleOf(model);
  });
}
