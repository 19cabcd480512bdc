// SPDX-License-Identifier: MIT
// Memory against the number of requests at once, beside what the card has.
import {gib, grouped, inGib} from '/bytes.js';
import {byId, replace, table} from '/elements.js';
import {said, t} from '/texts.js';
import {colour} from '/theme.js';

let chart = null;

function line(label, points, i, more = {}) {
  const paint = colour(`series-${i}`);
  return {label, data: points, borderColor: paint, backgroundColor: paint, pointRadius: 0, borderWidth: 2.5, ...more};
}

function linesOf({rows, gpu, capacity_bytes}) {
  const points = (key) => rows.filter((row) => row[key] !== null).map((row) => ({x: row.requests, y: inGib(row[key])}));
  const lines = [line(t('total'), points('total_bytes'), 0), line(t('term.weights'), points('weights_bytes'), 5, {borderDash: [2, 3]})];
  if (rows.some((row) => row.rule_terms_bytes !== null)) lines.push(line('rule-terms', points('rule_terms_bytes'), 3, {borderDash: [8, 4]}));
  if (capacity_bytes !== null && capacity_bytes !== undefined)
    lines.push(line(gpu, rows.map((row) => ({x: row.requests, y: inGib(capacity_bytes)})), 1, {borderDash: [12, 4, 2, 4]}));
  return lines;
}

const axis = (title, extra) => ({type: 'linear', title: {display: true, text: title, color: colour('ink')}, grid: {color: colour('grid')}, ...extra,
  ticks: {color: colour('quiet'), maxTicksLimit: 8, maxRotation: 0, includeBounds: false}});

/** The rule may leave the plot: it would press our line and the card's to the ground. */
const highest = ({rows, capacity_bytes}) => 1.1 * inGib(Math.max(capacity_bytes ?? 0, ...rows.map((row) => row.total_bytes)));

const options = (growth) => ({
  responsive: true, maintainAspectRatio: false, animation: false, interaction: {mode: 'index', intersect: false},
  scales: {x: axis(t('requests'), {min: 1, max: growth.rows[growth.rows.length - 1].requests}), y: axis('GiB', {min: 0, max: highest(growth)})},
  plugins: {
    legend: {position: 'bottom', onClick: null, labels: {color: colour('ink'), usePointStyle: true, pointStyle: 'line'}},
    tooltip: {callbacks: {label: (item) => `${item.dataset.label}: ${gib(Math.round(item.parsed.y * 2 ** 30))}`}},
  },
});

function showTable({rows, capacity_bytes}) {
  const hasCard = capacity_bytes !== null && capacity_bytes !== undefined;
  const columns = [{title: t('requests')}, {title: t('total'), number: true}, {title: t('term.kv_cache'), number: true}, {title: t('one-more'), number: true},
    ...(hasCard ? [{title: t('fits.title')}] : [])];
  replace(byId('growth-table'), table(t('growth'), columns, rows.map((row) => [grouped(row.requests), gib(row.total_bytes), gib(row.kv_cache_bytes),
    gib(row.one_more_bytes ?? 0), ...(hasCard ? [t(row.fits ? 'fits' : 'fits.not')] : [])])));
}

/** How many requests the card holds. */
function summaryOf({max_requests: most, gpu, rows}) {
  if (most === null || most === undefined) return '';
  if (most === 0) return t('growth.not', {gpu});
  return t(most === rows[rows.length - 1].requests ? 'growth.more' : 'growth.most', {count: grouped(most), gpu});
}

export function showGrowth(growth) {
  const hasLine = growth.rows.length > 1;
  byId('growth').parentElement.hidden = byId('growth-data').hidden = !hasLine;
  chart ??= new Chart(byId('growth'), {type: 'line', data: {datasets: []}, options: options(growth)});
  chart.options = options(growth);
  chart.data = {datasets: linesOf(growth)};
  chart.update('none');
  const summary = summaryOf(growth);
  byId('growth').setAttribute('aria-label', `${t('growth')}. ${summary}`);
  replace(byId('growth-refusal'), summary, ...(growth.refusal ? [' ', t('growth.end'), ' ', said(growth.refusal)] : []));
  showTable(growth);
}

export function showNoGrowth(nodes) {
  byId('growth').parentElement.hidden = byId('growth-data').hidden = true;
  byId('growth-refusal').replaceChildren(...nodes);
}
