// SPDX-License-Identifier: MIT
// The rules of thumb beside our answer, each with the reasons for the difference.
import {gib, grouped} from '/bytes.js';
import {byId, element} from '/elements.js';
import {reasonSaid, said, t} from '/texts.js';

const sizes = ['rule', 'ours'];  // of a reason's values; the others are counts and names

const signed = (bytes) => (bytes > 0 ? `+${gib(bytes)}` : gib(bytes));

function valueText(name, value) {
  if (sizes.includes(name)) return gib(value);
  return Number.isInteger(value) ? grouped(value) : String(value);
}

function reasonNode({code, difference_bytes, values, text}) {
  const texts = Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, valueText(name, value)]));
  const size = difference_bytes === null ? null : element('span', {class: 'number'}, `${signed(difference_bytes)} `);
  return element('li', {}, size, reasonSaid(code, texts, text));
}

/** Two rows: the numbers, and below them, as wide as the table, the reasons. */
function rowsOf({rule, total_bytes, difference_bytes, ratio, reasons, unanswered}) {
  const name = element('th', {scope: 'row'}, element('strong', {}, rule), element('span', {class: 'help block'}, t(`rule.${rule}`)));
  const cells = total_bytes === null ? ['–', '–', '–'] :
    [gib(total_bytes), signed(difference_bytes), ratio === null ? '' : `× ${ratio.toFixed(2)}`];
  const why = total_bytes === null ? [said(unanswered ?? '')] : [element('ul', {class: 'reasons'}, ...reasons.map(reasonNode))];
  const numbers = element('tr', {class: 'rule'}, name, ...cells.map((cell) => element('td', {class: 'number'}, cell)));
  const hasWhy = total_bytes === null || reasons.length > 0;
  return hasWhy ? [numbers, element('tr', {}, element('td', {colspan: 4}, ...why))] : [numbers];
}

export function showRules(estimate) {
  const head = element('tr', {}, element('th', {scope: 'col'}, t('rule')),
    ...['total', 'difference', 'ratio'].map((key) => element('th', {scope: 'col', class: 'number'}, t(key))));
  byId('rules').replaceChildren(element('div', {class: 'table', role: 'region', tabindex: '0', 'aria-label': t('rules')},
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...(estimate.rules ?? []).flatMap(rowsOf)))));
}

export function showNoRules(nodes) {
  byId('rules').replaceChildren(element('p', {class: 'help'}, ...nodes));
}
