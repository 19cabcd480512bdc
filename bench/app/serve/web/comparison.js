// SPDX-License-Identifier: MIT
// All known cards with what fits and how much is left, the smallest that holds it first.
import {gib} from '/bytes.js';
import {allCards, cardNamed, chooseCard} from '/cards.js';
import {button, byId, element, replace, table} from '/elements.js';
import {matching} from '/combobox.js';
import {t} from '/texts.js';
import {fitMark} from '/verdict.js';

const view = {search: '', kind: '', all: false, descending: false};
const delay = 120;  // milliseconds without a new answer
let last = null, waiting = null, search, kind, all, order;

const kinds = () => [...new Set(allCards().map((card) => card.class))].sort();

function shownFittings() {
  const named = (fitting) => ({...fitting, card: cardNamed(fitting.gpu)});
  const known = last.fits.map(named).filter(({card}) => card !== undefined)
    .filter((fitting, i, others) => others.findIndex(({gpu}) => gpu === fitting.gpu) === i);
  const found = matching(known.map((fitting) => ({text: fitting.gpu, keys: fitting.card.vendor, fitting})), view.search).map((option) => option.fitting);
  return found.filter(({card, fits}) => (view.kind === '' || card.class === view.kind) && (view.all || fits))
    .sort((a, b) => (view.descending ? -1 : 1) * (a.capacity_bytes - b.capacity_bytes));
}

function rowOf({gpu, card, capacity_bytes, fits, headroom_bytes, named}) {
  const name = button(gpu, () => chooseCard(gpu), {class: 'link', title: t('card.choose', {gpu}), 'aria-pressed': String(named)});
  return [name, t(`class.${card.class}`), gib(capacity_bytes), fitMark(fits), gib(headroom_bytes)];
}

function show() {
  if (last === null) return byId('comparison').replaceChildren();
  if (last.fits.length === 0) return replace(byId('comparison'), element('p', {class: 'help'}, t('comparison.none')));
  const shown = shownFittings();
  if (shown.length === 0) return replace(byId('comparison'), element('p', {class: 'help'}, t('comparison.empty')));
  put(table(t('comparison'), [{title: t('card.column')}, {title: t('class')}, {title: t('memory'), number: true}, {title: t('fits.title')},
    {title: t('left'), number: true}], shown.map(rowOf)));
}

/** Changes the table under the reader's eyes: what is scrolled and focused stays so. */
function put(made) {
  const place = byId('comparison'), before = place.firstElementChild;
  const scrolled = before?.scrollTop ?? 0, focused = before?.contains(document.activeElement) ? document.activeElement.textContent : null;
  place.replaceChildren(made);
  if (scrolled > 0) made.scrollTop = scrolled;
  if (focused !== null) [...made.querySelectorAll('button')].find((name) => name.textContent === focused)?.focus({preventScroll: true});
}

/** @param estimate  null where there is no answer
 *  A hundred rows wait until the reader's hand is still: the answer above must not. */
export function showComparison(estimate) {
  last = estimate;
  byId('comparison').setAttribute('aria-busy', 'true');
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    show();
    byId('comparison').removeAttribute('aria-busy');
  }, delay);
}

export function nameComparisonControls() {
  search.placeholder = t('comparison.search');
  search.setAttribute('aria-label', t('comparison.search'));
  kind.setAttribute('aria-label', t('class'));
  kind.replaceChildren(element('option', {value: ''}, t('class.all')), ...kinds().map((name) => element('option', {value: name}, t(`class.${name}`))));
  kind.value = view.kind;
  all.nextSibling.textContent = ` ${t('comparison.all')}`;
  order.textContent = t(view.descending ? 'comparison.descending' : 'comparison.ascending');
  show();
}

export function setUpComparison() {
  search = element('input', {type: 'search', id: 'card-search', autocomplete: 'off'});
  kind = element('select', {id: 'card-class'});
  all = element('input', {type: 'checkbox', id: 'card-all'});
  order = button('', () => { view.descending = !view.descending; nameComparisonControls(); }, {id: 'card-order'});
  search.addEventListener('input', () => { view.search = search.value; show(); });
  kind.addEventListener('change', () => { view.kind = kind.value; show(); });
  all.addEventListener('change', () => { view.all = all.checked; show(); });
  byId('comparison-filter').append(search, kind, element('label', {class: 'check'}, all, document.createTextNode('')), order);
}
