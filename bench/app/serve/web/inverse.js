// SPDX-License-Identifier: MIT
// The inverse answers: how long, how many, in which formats and on how many cards it would fit.
import {lookAtAnswer} from '/answer.js';
import {gib, grouped} from '/bytes.js';
import {button, byId, element} from '/elements.js';
import {change} from '/question.js';
import {counted, said, t} from '/texts.js';

function limitNodes(limit, next) {
  if (limit.limit === 'memory') return [t('limit.memory', {next: grouped(next), size: gib(limit.next_needed_bytes)})];
  if (limit.limit === 'refused') return [t('limit.refused', {next: grouped(next)}), ' ', said(limit.refusal ?? '')];
  return [t(`limit.${limit.limit}`)];
}

/** One answer: its name, the answer, what bounds it, and a button that asks with it. */
function tile(name, figure, notes, use) {
  const title = t(`inverse.${name}`);
  return element('div', {class: 'tile', id: `inverse-${name}`}, element('h3', {}, title), element('p', {class: 'figure'}, figure),
    element('p', {class: 'help'}, ...notes),
    use === null ? null : button(t('use'), () => { change(use); lookAtAnswer(); }, {'aria-label': t('use.what', {what: title})}));
}

function largestTile(name, count, limit, figure, use) {
  if (count === 0) return tile(name, t('none'), limitNodes(limit, 1), null);
  return tile(name, figure, limitNodes(limit, count + 1), use);
}

function formatTile(best) {
  if (!best) return tile('best-format', t('none'), [t('best-format.none')], null);
  const notes = [t('needs', {size: gib(best.needed_bytes)})];
  if (best.exceeds_stored) notes.push('; ', t('best-format.stored', {format: best.stored}));
  return tile('best-format', t('pair', {weights: best.weights, kv: best.kv}), notes, {weights: best.weights, kv: best.kv});
}

function devicesTile(least) {
  if (!least) return tile('min-devices', t('none'), [t('min-devices.none')], null);
  const split = least.split === '' || least.split === 'none' ? '' : least.split;
  const notes = [t(least.devices === 1 ? 'needs' : 'needs.each', {size: gib(least.needed_bytes)})];
  return tile('min-devices', split === '' ? String(least.devices) : `${least.devices} (${t(`split.${split}`)})`, notes, {devices: least.devices, split});
}

export function showInverse({inverse}) {
  const {max_context, max_context_limit, max_batch, max_batch_limit, best_format, min_devices} = inverse;
  byId('inverse-title').textContent = t('inverse', {gpu: inverse.gpu});
  byId('inverse').replaceChildren(
    largestTile('max-context', max_context, max_context_limit, counted('tokens.spoken', max_context), null),
    largestTile('max-batch', max_batch, max_batch_limit, grouped(max_batch), {batch: max_batch}),
    formatTile(best_format), devicesTile(min_devices));
}

/** Instead of answers, why there are none. */
export function showNoInverse(nodes) {
  byId('inverse-title').textContent = t('inverse.title');
  byId('inverse').replaceChildren(element('p', {class: 'help'}, ...nodes));
}
