// SPDX-License-Identifier: MIT
// The six terms as one bar beside the card's memory, and as a table with the same numbers.
import {gib, inGib, mib, percent} from '/bytes.js';
import {byId, element, replace, table} from '/elements.js';
import {t} from '/texts.js';
import {colour} from '/theme.js';

const terms = ['weights', 'kv_cache', 'activation', 'logits', 'workspace', 'constant'];

let chart = null;

const swatch = (i) => element('span', {class: `swatch series-${i}`, 'aria-hidden': 'true'});

function showTable(estimate) {
  const hasDeviations = estimate.term_deviations !== null;
  const columns = [{title: t('term')}, {title: t('size.bytes'), number: true},
    ...(hasDeviations ? [{title: '±', number: true}] : []), {title: t('share'), number: true}];
  const rows = terms.map((term, i) => [element('span', {class: 'term'}, swatch(i), t(`term.${term}`)), gib(estimate.terms[term]),
    ...(hasDeviations ? [mib(estimate.term_deviations[term])] : []), percent(estimate.terms[term] / estimate.total_bytes)]);
  replace(byId('terms'), table(t('terms'), columns, rows));
}

/** A tile of lines, for memory that is no term of the model's. */
function hatching(paint) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const pen = tile.getContext('2d');
  pen.strokeStyle = paint;
  pen.moveTo(0, 6);
  pen.lineTo(6, 0);
  pen.stroke();
  return pen.createPattern(tile, 'repeat');
}

/** Two bars: what is needed of a device, term by term, and what the card has. */
function datasetsOf(estimate, card) {
  const fixed = {stack: 'all', borderColor: colour('panel'), borderWidth: {right: 1}, barPercentage: 0.86, categoryPercentage: 1};
  const sets = terms.map((term, i) => ({...fixed, label: t(`term.${term}`), data: [inGib(estimate.terms[term]), null], backgroundColor: colour(`series-${i}`)}));
  if (card !== undefined) {
    sets.push({...fixed, label: t('aside'), data: [inGib(card.set_aside_bytes), null], backgroundColor: hatching(colour('quiet'))});
    sets.push({...fixed, label: card.gpu, data: [null, inGib(card.capacity_bytes)], backgroundColor: colour('edge')});
  }
  return sets;
}

const options = () => ({
  indexAxis: 'y', responsive: true, maintainAspectRatio: false, animation: false, events: ['mousemove', 'mouseout', 'touchstart'],
  scales: {
    x: {stacked: true, beginAtZero: true, grid: {color: colour('grid')},
      ticks: {color: colour('quiet'), callback: (value) => `${value} GiB`, maxTicksLimit: 6, maxRotation: 0}},
    y: {stacked: true, grid: {display: false}, ticks: {color: colour('ink')}},
  },
  plugins: {legend: {display: false}, tooltip: {callbacks: {title: () => '', label: (item) => `${item.dataset.label}: ${gib(Math.round(item.raw * 2 ** 30))}`}}},
});

function draw(estimate) {
  // On several devices the terms are the sum of all: beside one card they would mislead.
  const card = estimate.devices.length > 1 ? undefined : estimate.fits.find((fitting) => fitting.named);
  const labels = [t('needed'), ...(card === undefined ? [] : [card.gpu])];
  chart ??= new Chart(byId('stack'), {type: 'bar', data: {labels: [], datasets: []}, options: options()});
  chart.options = options();
  chart.data = {labels, datasets: datasetsOf(estimate, card)};
  chart.update('none');
}

export function showStack(estimate) {
  const isMemory = estimate.unit === 'bytes';
  byId('stack').parentElement.hidden = !isMemory;
  byId('terms').hidden = !isMemory;
  if (!isMemory) return;
  showTable(estimate);
  draw(estimate);
}
