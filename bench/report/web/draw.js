// SPDX-License-Identifier: MIT
// What all plots share: colours with markers and dashes, thinning, captions, and their data as a table.
'use strict';
Chart.defaults.animation = false;
Chart.defaults.font.family = 'system-ui, sans-serif';

const markers = ['circle', 'rect', 'triangle', 'rectRot', 'cross', 'star', 'crossRot', 'dash'];
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [14, 5], [4, 2]];

const isNarrow = () => window.innerWidth < 640;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const seriesColour = (i) => colour(`series-${i % 6}`);

/** A series never differs by colour alone. */
function seriesStyle(i) {
  const paint = seriesColour(i);
  return {borderColor: paint, backgroundColor: paint, pointStyle: markers[i % markers.length], pointRadius: 4.5,
    pointHoverRadius: 7, borderWidth: 2, clip: 10};
}

/** A tile of lines or dots for bars that stand beside or on each other. */
function pattern(i) {
  const paint = seriesColour(i), tile = document.createElement('canvas'), size = 8;
  tile.width = tile.height = size;
  const pen = tile.getContext('2d');
  pen.fillStyle = paint + '55';
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = pen.fillStyle = paint;
  pen.lineWidth = 2;
  const lines = [[], [[0, 8, 8, 0]], [[0, 0, 8, 8]], [[0, 4, 8, 4]], [[4, 0, 4, 8]], [[0, 4, 8, 4], [4, 0, 4, 8]]][i % 6];
  if (lines.length === 0) pen.fillRect(0, 0, size, size);
  for (const [x1, y1, x2, y2] of lines) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }
  return pen.createPattern(tile, 'repeat');
}

const mostPoints = 1500;

/** At most `most` of rows that are ordered by x: of each stretch the lowest and the highest, so that nothing
 * that stands out is lost. */
function thinned(rows, values, most = mostPoints) {
  if (rows.length <= most) return rows;
  const kept = [], stretch = Math.ceil(rows.length / Math.floor(most / 2));
  for (let i = 0; i < rows.length; i += stretch) {
    let low = rows[i], high = low;
    for (let k = i; k < Math.min(i + stretch, rows.length); ++k) {
      if (values[rows[k]] < values[low]) low = rows[k];
      if (values[rows[k]] > values[high]) high = rows[k];
    }
    kept.push(low);
    if (high !== low) kept.push(high);
  }
  return kept;
}

/** "3,000 of 100,000 points are drawn ..."; empty where all are. */
function thinningNote(drawn, all) {
  return drawn === all ? '' :
    ` ${whole.format(drawn)} of ${whole.format(all)} points are drawn: the lowest and the highest of each stretch.`;
}

function axis(title, extra = {}) {
  return {
    title: {display: true, text: title, color: colour('ink')},
    grid: {color: colour('grid')},
    ...extra,
    ticks: {color: colour('quiet'), ...extra.ticks},
  };
}

/** The next of 1, 2, 5, 10, ... below or above a value. */
function stepBeside(value, isAbove) {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((digit) => digit * power);
  return isAbove ? steps.find((step) => step >= value * 0.999999) : steps.reverse().find((step) => step <= value * 1.000001);
}

/** Logarithmic from step to step where values differ much; labelled at 1, 2 and 5, over many decades at 1. */
function valueAxis(title, values) {
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const smallest = values.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), largest);
  if (largest < 8 * smallest || largest === 0) return axis(title, {grace: '5%'});
  const digits = largest > (isNarrow() ? 20 : 1000) * smallest ? [1] : [1, 2, 5];
  const callback = (value) => {
    const leading = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
    return digits.some((digit) => Math.abs(leading - digit) < 1e-6) ? number(value) : '';
  };
  return axis(title, {type: 'logarithmic', min: stepBeside(smallest, false), max: stepBeside(largest, true),
    ticks: {callback, maxRotation: 0, autoSkip: false}});
}

function legend() {
  return {
    position: 'bottom',
    onClick: null,  // a mouse can do no more than a keyboard
    labels: {color: colour('ink'), usePointStyle: true, padding: 14, boxHeight: 8,
      sort: (a, b) => a.datasetIndex - b.datasetIndex,
      filter: (item, {datasets}) => !datasets[item.datasetIndex].isGuide},
  };
}

/** Under the pointer a point says which row it is. */
function tooltip() {
  const rowOf = (item) => item.raw?.row ?? item.dataset.rows?.[item.dataIndex];
  const afterLabel = (item) => {
    const i = rowOf(item);
    return i === undefined ? '' : [`${shortened(column('model')[i], 50)} ${rowLabel(i, 60)}`, `${shortened(column('file')[i], 50)}:${column('line')[i]}`];
  };
  return {callbacks: {afterLabel}};
}

/** The values of a chart, by series, as a table: what a reader without the picture needs. */
function plotTable(name, chart, titles) {
  const rows = [];
  let left = 0;
  for (const dataset of chart.data.datasets) {
    dataset.data.forEach((point, i) => {
      if (point === null || dataset.isGuide) return;
      const pair = typeof point === 'object' ? [point.x, point.y] : [chart.data.labels[i], point];
      if (rows.length < 1000) rows.push([dataset.label, ...pair.map((v) => (typeof v === 'number' ? number(v) : [v].flat().join(' ')))]);
      else ++left;
    });
  }
  const table = tableOf(name, [{title: 'Series'}, {title: titles[0], number: true}, {title: titles[1], number: true}], rows);
  return left === 0 ? [table] : [table, element('p', {class: 'quiet'}, `${whole.format(left)} more points are in the table of all rows.`)];
}

/** Draws into <figure id>. @param plot  {title, note, summary, titles: [x, y], config}; without a config the
 * note says all; null: hides it */
function draw(id, plot) {
  const figure = document.getElementById(id);
  figure.querySelectorAll('canvas').forEach((canvas) => Chart.getChart(canvas)?.destroy());
  figure.replaceChildren();
  figure.hidden = plot === null;
  if (plot === null) return;
  figure.append(element('figcaption', {}, element('h3', {}, plot.title), element('p', {}, plot.note)));
  if (plot.config === undefined) return;
  const canvas = element('canvas', {role: 'img', 'aria-label': `${plot.title}. ${plot.summary}`}, plot.summary);
  figure.append(element('div', {class: 'plot'}, canvas));
  plot.config.options = {responsive: true, maintainAspectRatio: false, ...plot.config.options};
  plot.config.options.plugins = {legend: legend(), tooltip: tooltip(), ...plot.config.options.plugins};
  const chart = new Chart(canvas, plot.config);
  const details = element('details', {}, element('summary', {}, 'The data of this plot as a table'));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1)
      details.append(...plotTable(`Data of: ${plot.title}`, chart, plot.titles));
  });
  figure.append(details);
}
