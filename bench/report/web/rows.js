// SPDX-License-Identifier: MIT
// What is chosen, the rows of it, and numbers as text with their units.
'use strict';
const chosen = {group: 0, model: null, estimator: data.estimators.length - 1};

/** The rows of the chosen group and model, as indices. */
function chosenRows() {
  const groups = column('group'), models = column('model'), rows = [];
  for (let i = 0; i < groups.length; ++i)
    if (groups[i] === chosen.group && (chosen.model === null || models[i] === chosen.model)) rows.push(i);
  return rows;
}

/** Those of them that are held against estimates: with a value above 0, and no outcome; the smallest first. */
function chosenMeasuredRows() {
  const key = `ordered ${chosen.group} ${chosen.model}`;
  if (!unpacked.has(key)) {
    const measured = column('measured'), outcomes = column('outcome');
    unpacked.set(key, chosenRows().filter((i) => measured[i] > 0 && outcomes[i] === '').sort((a, b) => measured[a] - measured[b]));
  }
  return unpacked.get(key);
}

const units = {
  tokens: {name: 'tokens', size: 1},
  gib: {name: 'GiB', size: 2 ** 30},
  mib: {name: 'MiB', size: 2 ** 20},
  kib: {name: 'KiB', size: 2 ** 10},
  bytes: {name: 'bytes', size: 1},
};

/** The unit in which values of a group, up to `largest`, are read most easily. */
function unitFor(group, largest) {
  if (data.groups[group].unit === 'tokens') return units.tokens;
  return [units.gib, units.mib, units.kib].find((unit) => largest >= unit.size) ?? units.bytes;
}

const grouped = new Intl.NumberFormat('en', {maximumSignificantDigits: 6});
const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const number = (value) => (value === null || value === undefined ? '' : grouped.format(value));

/** "1.50 GiB" */
function amount(group, value) {
  if (value === null || value === undefined) return '';
  const unit = unitFor(group, Math.abs(value));
  return `${unit.size === 1 ? whole.format(value) : (value / unit.size).toFixed(2)} ${unit.name}`;
}

function percent(fraction, signed = false) {
  if (fraction === null || fraction === undefined) return '';
  const value = 100 * fraction;
  const text = Math.abs(value) < 0.1 && value !== 0 ? value.toPrecision(2) : value.toFixed(2);
  return `${signed && value > 0 ? '+' : ''}${Number(text) === 0 ? '0.00' : Math.abs(value) < 0.1 ? Number(text) : text} %`;
}

/** Long names keep both ends, by which they differ. */
function shortened(text, length) {
  const characters = [...text];
  if (characters.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`;
}
