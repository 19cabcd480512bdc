// SPDX-License-Identifier: MIT
// The rules of thumb beside our answer, each with the reasons for the difference.
import {gib} from '/bytes.js';
import {byId, element, table} from '/elements.js';
import {hasText, said, t} from '/texts.js';

const signed = (bytes) => (bytes > 0 ? `+${gib(bytes)}` : gib(bytes));

function reasonNode({code, term, difference_bytes, text}) {
  const size = difference_bytes === null ? '' : ` (${signed(difference_bytes)})`;
  if (document.documentElement.lang === 'en' || !hasText(`reason.${code}`)) return element('li', {}, said(text));
  return element('li', {}, t(`reason.${code}`, {term: term === null ? '' : t(`term.${term}`)}), size);
}

function rowOf(rule) {
  const name = element('span', {}, element('strong', {}, rule.rule), element('span', {class: 'help block'}, t(`rule.${rule.rule}`)));
  if (rule.total_bytes === null) return [name, '–', '–', element('span', {}, said(rule.unanswered ?? ''))];
  const difference = rule.difference_bytes === null ? '' : `${signed(rule.difference_bytes)}${rule.ratio === null ? '' : ` (× ${rule.ratio.toFixed(2)})`}`;
  return [name, gib(rule.total_bytes), difference, element('ul', {class: 'reasons'}, ...rule.reasons.map(reasonNode))];
}

export function showRules(estimate) {
  const columns = [{title: t('rule')}, {title: t('total'), number: true}, {title: t('difference'), number: true}, {title: t('why')}];
  byId('rules').replaceChildren(table(t('rules'), columns, (estimate.rules ?? []).map(rowOf)));
}

export function showNoRules(nodes) {
  byId('rules').replaceChildren(element('p', {class: 'help'}, ...nodes));
}
