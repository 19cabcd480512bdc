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
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueText(name, value)]));
  return element('li', {}, element('strong', {}, signed(difference_bytes)), ' ', reasonSaid(code, texts, text));
}

/** What the rule says, by how much that differs, and why. */
function ruleNode({rule, total_bytes, difference_bytes, ratio, reasons, unanswered}) {
  const title = element('h3', {}, rule, ' ', element('span', {class: 'help'}, t(`rule.${rule}`)));
  if (total_bytes === null) return element('div', {class: 'rule'}, title, element('p', {}, t('refused'), ' ', said(unanswered ?? '')));
  const difference = ratio === null ? signed(difference_bytes) : `${signed(difference_bytes)} (× ${ratio.toFixed(2)})`;
  const numbers = element('p', {class: 'numbers'}, element('strong', {class: 'total'}, gib(total_bytes)), ' ',
    element('span', {class: 'difference'}, t('difference', {difference})));
  return element('div', {class: 'rule'}, title, numbers, reasons.length === 0 ? null : element('ul', {}, ...reasons.map(reasonNode)));
}

export function showRules({rules}) {
  byId('rules').replaceChildren(...rules.map(ruleNode));
}

export function showNoRules(nodes) {
  byId('rules').replaceChildren(element('p', {class: 'help'}, ...nodes));
}
