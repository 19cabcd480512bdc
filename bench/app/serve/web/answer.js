// SPDX-License-Identifier: MIT
// The answer above all others: the total, how sure it is, and whether the card holds it.
import {gib, percent} from '/bytes.js';
import {byId, element, replace} from '/elements.js';
import {counted, said, t} from '/texts.js';
import {roomText} from '/verdict.js';

const announceDelay = 700;  // milliseconds

/** "14.75 GiB", or tokens for a metric that counts them. */
const amountOf = (estimate) => (estimate.unit === 'tokens' ? counted('tokens.spoken', estimate.value) : gib(estimate.value));

const namedCard = (estimate) => estimate.fits.find((fitting) => fitting.named);

function intervalText(estimate) {
  if (estimate.estimator.startsWith('rule')) return t('interval.rule', {rule: estimate.estimator});
  if (estimate.low_bytes === null || estimate.unit !== 'bytes') return t('interval.none');
  return t('interval', {low: gib(estimate.low_bytes), high: gib(estimate.high_bytes), bound: gib(estimate.bound99_bytes)});
}

function showVerdict(estimate) {
  const card = namedCard(estimate);
  byId('way-out').hidden = card === undefined || card.fits;
  byId('verdict').className = `verdict ${card === undefined ? '' : card.fits ? 'yes' : 'no'}`;
  if (card === undefined) return replace(byId('verdict'), t(estimate.fits.length === 0 ? 'verdict.none' : 'verdict.choose'));
  const devices = estimate.devices.length;
  const where = devices > 1 ? t('verdict.each', {gpu: card.gpu, count: devices}) : card.gpu;
  replace(byId('verdict'), element('strong', {}, t(card.fits ? 'verdict.fits' : 'verdict.not', {gpu: where})), ' ',
    roomText(card), element('span', {class: 'help'}, ` ${t('verdict.capacity', {capacity: gib(card.capacity_bytes), aside: gib(card.set_aside_bytes)})}`));
}

/** The program's hint, put together again from its numbers. */
function hintNodes(hint) {
  if (!hint) return [];
  const terms = hint.terms.map(({term, share}) => t('hint.term', {term: t(`term.${term}`), share: percent(share, 0)})).join(t('comma'));
  if (hint.changes.length === 0) return [t('hint.alone', {terms})];
  const nodes = [t('hint', {terms})];
  hint.changes.forEach(({change, saved_bytes}, i) => nodes.push(i === 0 ? ' ' : t('comma'), said(change), ` ${t('hint.saves', {size: gib(saved_bytes)})}`));
  return nodes;
}

/** What a reader must know to trust the number. */
function notesOf(estimate) {
  const notes = [];
  notes.push(...estimate.remarks.map(said));
  if (estimate.profile) notes.push(t('note.profile', {profile: estimate.profile}));
  if (estimate.extrapolates) notes.push(t('note.extrapolates'));
  if (estimate.caution) notes.push(said(estimate.caution));
  if (estimate.cache_rule) notes.push(said(estimate.cache_rule));
  if (estimate.devices.length > 1)
    notes.push(t('note.devices', {sizes: estimate.devices.map((device) => gib(device.total_bytes)).join(t('comma'))}));
  return notes;
}

function showSummary(estimate) {
  const card = namedCard(estimate);
  byId('summary-total').textContent = amountOf(estimate);
  byId('summary-verdict').textContent = card === undefined ? '' : `${t(card.fits ? 'fits' : 'fits.not')} · ${roomText(card)}`;
  byId('summary').className = card === undefined ? '' : card.fits ? 'yes' : 'no';
}

/** Where a reader goes who has taken a proposal. */
export const lookAtAnswer = () => byId('answer').focus();

let announcing = null, isRefused = false;

/** Tells screen readers, once the reader's hand is still. */
function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => { byId('announcement').textContent = text; }, announceDelay);
}

export function showAnswer(estimate) {
  isRefused = false;
  byId('answered').hidden = false;
  byId('answered').classList.remove('stale');
  byId('refusal').replaceChildren();
  replace(byId('total'), element('span', {class: 'figure'}, amountOf(estimate)), ' ',
    element('span', {class: 'quiet'}, t('answered', {weights: estimate.weights, kv: estimate.kv, runtime: estimate.runtime,
      metric: t(`metric.${estimate.metric}`), estimator: estimate.estimator})));
  byId('interval').textContent = intervalText(estimate);
  showVerdict(estimate);
  replace(byId('hint'), ...hintNodes(estimate.hint));
  replace(byId('notes'), ...notesOf(estimate).map((note) => element('p', {}, note)));
  showSummary(estimate);
  announce(`${amountOf(estimate)}. ${byId('summary-verdict').textContent}`);
}

/** "unknown model 'x' (reason): remedy", its parts in the reader's language where they are known. */
export function refusalNodes({problem, reason, remedy}) {
  const nodes = [element('strong', {}, t('refused')), ' ', said(problem)];
  if (reason !== '') nodes.push(' (', said(reason), ')');
  if (remedy !== '') nodes.push('. ', element('span', {}, t('refused.remedy')), ' ', said(remedy));
  return nodes;
}

/** For an answer that depends on the one above: what was said there is not said again. */
export const refusalBelow = (refusal) => (isRefused ? [t('refused.above')] : refusalNodes(refusal));

/** No answer: the one before goes out of sight, so that nobody takes it for this one; its room stays. */
export function showRefusal(refusal) {
  isRefused = true;
  byId('answered').classList.add('stale');
  byId('total').replaceChildren();
  replace(byId('refusal'), element('p', {class: 'refusal'}, ...refusalNodes(refusal)));
  byId('summary-total').textContent = t('refused');
  byId('summary-verdict').textContent = '';
  byId('summary').className = '';
}
