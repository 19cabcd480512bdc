// SPDX-License-Identifier: MIT
// Memory against context, measured against predicted, and the stack of terms.
'use strict';

/** Those of a shape's options that are not the same in its whole group. */
const commonOptions = new Map();
function differingOptions(group, options) {
  if (!commonOptions.has(group)) {
    const all = data.shapes.filter((shape) => shape.group === group).map((shape) => shape.options.split(';'));
    commonOptions.set(group, new Set((all[0] ?? []).filter((pair) => all.every((pairs) => pairs.includes(pair)))));
  }
  return options.split(';').filter((pair) => !commonOptions.get(group).has(pair)).join(' ');
}

const shapeLabel = (shape) => shortened([shape.model, differingOptions(shape.group, shape.options), shape.weights,
  shape.kv === shape.weights ? '' : `${shape.kv} cache`, shape.batch > 1 ? `batch ${shape.batch}` : '', shape.cards]
  .filter((word) => word !== '').join(' '), 48);

/** "fp16 1 x 252 + 4", without the options that all rows have. */
function rowLabel(i, length) {
  const parts = column('configuration')[i].split(', ');
  const options = parts.length > 1 && parts[parts.length - 1].includes('=') ? parts.pop() : '';
  return shortened([parts.join(', '), differingOptions(column('group')[i], options)].filter((t) => t !== '').join(', '), length);
}

/** What is drawn of a group's shapes: a model's own; of all models one shape each; the longest first. */
function shownShapes() {
  const all = data.shapes.filter((shape) => shape.group === chosen.group &&
    (chosen.model === null || shape.model === chosen.model));
  const longest = [...all].sort((a, b) => (b.line !== null) - (a.line !== null) || b.rows.length - a.rows.length);
  const seen = new Set();
  const first = longest.filter((shape) => !seen.has(shape.model) && seen.add(shape.model));
  const shown = (chosen.model === null ? first : longest).slice(0, chosen.model === null ? 6 : 8);
  return {shown, all: all.length};
}

/** The points of a shape, its line, and the band of the predictions, as datasets. */
function shapeDatasets(shape, index, unit) {
  const contexts = column('context'), measured = column('measured'), style = seriesStyle(index);
  const scaled = (value) => value / unit.size;
  const points = thinned(shape.rows, measured, 400).map((i) => ({x: contexts[i], y: scaled(measured[i]), row: i}));
  const label = shapeLabel(shape);
  const datasets = [{...style, label, data: points, all: shape.rows.length}];
  const low = shape.rows.filter((i) => column('low')[i] !== null);
  const first = contexts[shape.rows[0]], last = contexts[shape.rows[shape.rows.length - 1]];
  if (shape.line !== null) {
    const at = (x) => ({x, y: scaled(shape.line.intercept + shape.line.slope * x)});
    datasets.push({...style, label: `${label}, line`, data: [at(first), at(last)], showLine: true, pointRadius: 0,
      borderDash: dashes[index % dashes.length], isGuide: true});
  }
  if (low.length > 1) {
    const shown = thinned(low, column('high'), 400);
    const ends = (name) => shown.map((i) => ({x: contexts[i], y: scaled(column(name)[i])}));
    const edge = {label: `${label}, interval`, showLine: true, pointRadius: 0, borderWidth: 0, isGuide: true};
    datasets.push({...edge, data: ends('low')},
      {...edge, data: ends('high'), fill: '-1', backgroundColor: style.borderColor + '2e'});
  }
  return datasets;
}

function lineSentence(shape) {
  if (shape.line === null) return `${shapeLabel(shape)}: ${shape.rows.length} rows`;
  return `${shapeLabel(shape)}: ${amount(shape.group, shape.line.intercept)} at 0 tokens and ` +
    `${amount(shape.group, shape.line.slope)} per token`;
}

function memoryPlot() {
  const {shown, all} = shownShapes();
  if (shown.length === 0) return null;
  const measured = column('measured');
  const unit = unitFor(chosen.group, shown.flatMap((s) => s.rows).reduce((most, i) => Math.max(most, measured[i]), 0));
  const datasets = shown.flatMap((shape, index) => shapeDatasets(shape, index, unit));
  const points = datasets.filter((d) => !d.isGuide);
  const drawn = points.reduce((sum, d) => sum + d.data.length, 0), total = points.reduce((sum, d) => sum + d.all, 0);
  return {
    title: 'Memory against context',
    note: 'Measured points' + (shown.some((s) => s.line !== null) ? ', a straight line through each shape' : '') +
      (datasets.some((d) => d.fill !== undefined) ? ', and the 95 % interval of the prediction (shaded).' : '.') +
      (shown.length < all ? ` ${shown.length} of ${all} shapes${chosen.model === null ? '; choose a model to see its own' : ''}.` : '') +
      thinningNote(drawn, total),
    summary: shown.map(lineSentence).join('; ') + '.',
    titles: ['Context, tokens', `Measured, ${unit.name}`],
    config: {type: 'scatter', data: {datasets}, options: {scales: {
      x: axis('Context, tokens', {ticks: {maxRotation: 0, autoSkipPadding: 16}}),
      y: axis(`${data.groups[chosen.group].metric}, ${unit.name}`, {beginAtZero: true})}}},
  };
}

function agreementPlot() {
  const rows = chosenMeasuredRows(), measured = column('measured');
  if (rows.length === 0) return null;
  const largest = rows.reduce((most, i) => Math.max(most, measured[i]), 0), unit = unitFor(chosen.group, largest);
  let drawn = 0, total = 0;
  const datasets = [], values = [];
  data.estimators.forEach((name, estimator) => {
    const answers = predicted(estimator);
    const all = rows.filter((i) => answers[i] > 0);
    if (all.length === 0) return;
    const points = thinned(all, answers, 600).map((i) => ({x: measured[i] / unit.size, y: answers[i] / unit.size, row: i}));
    drawn += points.length;
    total += all.length;
    for (const point of points) values.push(point.x, point.y);
    // The best lie on top. Rules are many and far away: outlines.
    const isRule = name.startsWith('rule-'), style = seriesStyle(estimator);
    datasets.push({...style, label: name, data: points, order: -estimator, pointRadius: all.length > 60 ? 3 : 4.5,
      backgroundColor: isRule ? 'transparent' : style.borderColor, borderWidth: isRule ? 1 : 2});
  });
  if (datasets.length === 0) return null;
  const range = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  datasets.push({label: 'equal', data: range.map((v) => ({x: v, y: v})), showLine: true, pointRadius: 0, borderWidth: 1.5,
    borderColor: colour('quiet'), borderDash: [6, 4], isGuide: true, order: 1});
  return {
    title: 'Measured against predicted',
    note: `On the dashed line both are equal; above it too much is predicted.${thinningNote(drawn, total)}`,
    summary: data.groups[chosen.group].conclusion ?? 'No conclusion.',
    titles: [`Measured, ${unit.name}`, `Predicted, ${unit.name}`],
    config: {type: 'scatter', data: {datasets}, options: {scales: {
      x: valueAxis(`Measured, ${unit.name}`, values), y: valueAxis(`Predicted, ${unit.name}`, values)}}},
  };
}

/** Rows whose answers have terms: the smallest, the largest, and as many between as can be read. */
function stackedRows(most) {
  const best = column('best');
  const rows = chosenMeasuredRows().filter((i) => best[i] !== null && data.terms.some((_, t) => termBytes(t)[i] !== null));
  if (rows.length <= most) return {shown: rows, all: rows.length};
  const shown = Array.from({length: most}, (_, k) => rows[Math.round(k * (rows.length - 1) / (most - 1))]);
  return {shown, all: rows.length};
}

function termsPlot() {
  const {shown, all} = stackedRows(12);
  if (shown.length === 0) return null;
  const measured = column('measured');
  const largest = shown.reduce((most, i) => Math.max(most, measured[i]), 0), unit = unitFor(chosen.group, largest);
  const labels = shown.map((i) => (isNarrow() ? [shortened(column('model')[i], 18), rowLabel(i, 18)] :
    `${shortened(column('model')[i], 40)} ${rowLabel(i, 44)}`));
  const datasets = [];
  let lowest = 0;
  data.terms.forEach((name, term) => {
    const values = shown.map((i) => (termBytes(term)[i] ?? 0) / unit.size);
    if (values.every((v) => v === 0)) return;
    lowest = values.reduce((a, b) => Math.min(a, b), lowest);
    datasets.push({label: name, data: values, backgroundColor: pattern(term), borderColor: seriesColour(term), borderWidth: 1,
      stack: 'terms', order: 1, rows: shown});
  });
  if (datasets.length === 0) return null;
  datasets.push({type: 'line', label: 'measured', data: shown.map((i) => measured[i] / unit.size), showLine: false,
    pointStyle: 'rectRot', pointRadius: 6, borderColor: colour('ink'), backgroundColor: colour('ground'), borderWidth: 2,
    stack: 'measured', order: 0, rows: shown});
  return {
    title: 'What the memory consists of',
    note: `The terms of the best answer to each row, stacked, beside what was measured.` +
      (shown.length < all ? ` ${shown.length} of ${whole.format(all)} rows, from the smallest to the largest.` : ''),
    summary: `The largest row: ${data.terms.map((name, t) => [name, termBytes(t)[shown[shown.length - 1]]])
      .filter(([, v]) => v > 0).map(([name, v]) => `${name} ${amount(chosen.group, v)}`).join(', ')}.`,
    titles: ['Row', unit.name],
    config: {type: 'bar', data: {labels, datasets}, options: {indexAxis: 'y', scales: {
      x: axis(unit.name, {stacked: true, ...(lowest > -0.01 * largest / unit.size ? {min: 0} : {})}),
      y: axis('', {stacked: true, title: {display: false}, ticks: {autoSkip: false, font: {size: 11}}})}}},
  };
}
