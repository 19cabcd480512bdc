// SPDX-License-Identifier: MIT
// The reader's card: from the list of known ones, or as so much memory.
import {gib} from '/bytes.js';
import {Combobox} from '/combobox.js';
import {byId} from '/elements.js';
import {change, value} from '/question.js';
import {t} from '/texts.js';

let cards = [], picker;

export const cardNamed = (name) => cards.find((card) => card.name === name);
export const allCards = () => cards;

/** Whether a card or an amount of memory is asked about. */
export const hasCard = () => value('gpu') !== '' || value('capacity') !== '';

export function showCard() {
  picker.show(value('gpu'));
  if (byId('capacity') !== document.activeElement) byId('capacity').value = value('capacity');
}

export function nameCardControls() {
  picker.name(t('card'), t('card.search'));
  const options = cards.map(({name, vendor, nominal_gb, capacity_bytes}) =>
    ({value: name, text: name, note: gib(capacity_bytes), keys: `${vendor} ${nominal_gb}GB ${nominal_gb} GB`}));
  picker.setOptions([{value: '', text: t('card.none'), note: ''}, ...options.reverse()]);
  showCard();
}

export function setCards(known) {
  cards = known;
  nameCardControls();
}

/** Asks about another card; what was known of the one before is forgotten. */
export function chooseCard(gpu) {
  change({gpu, capacity: '', device: ''});
}

export function setUpCards() {
  picker = new Combobox(byId('card-picker'), {id: 'card', onChoice: chooseCard, onText: chooseCard});
  byId('capacity').addEventListener('change', (event) => change({capacity: event.target.value, gpu: event.target.value === '' ? value('gpu') : '', device: ''}));
}
