// SPDX-License-Identifier: MIT
// How each number is made: the formula of each term with its values, and what a profile made of it.
import {gib} from '/bytes.js';
import {byId, element} from '/elements.js';
import {t} from '/texts.js';

const english = (text) => element('span', {lang: 'en'}, text);
const equals = (formula, bytes) => element('li', {}, english(formula), ` = ${bytes} ${t('bytes')}`);

function termNode({term, bytes, steps}) {
  return element('div', {}, element('h3', {}, `${t(`term.${term}`)} = ${gib(bytes)}`), element('ul', {}, ...steps.map((step) => equals(step.formula, step.bytes))));
}

/** The coefficients of a profile, where one took part. */
function scaledNode(scaled) {
  if (scaled.length === 0) return null;
  return element('div', {}, element('h3', {}, t('explain.scaled')), element('ul', {}, ...scaled.map(({term, coefficient, multiplied, bytes}) =>
    element('li', {}, `${t(`term.${term}`)}: ${coefficient} × ${multiplied} = ${bytes} ${t('bytes')}`))));
}

export const isExplanationOpen = () => byId('explain').open;

export function showExplanation({explanation}) {
  byId('explanation').replaceChildren(...[...explanation.terms.map(termNode), scaledNode(explanation.scaled)].filter((node) => node !== null));
}

export function showNoExplanation(nodes) {
  byId('explanation').replaceChildren(element('p', {class: 'help'}, ...nodes));
}
