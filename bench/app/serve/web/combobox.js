// SPDX-License-Identifier: MIT
// A field that searches a list while one types, by mouse, touch or keyboard (the ARIA pattern of a combobox).
import {element} from '/elements.js';

const mostShown = 400;

/** Without what people write differently: "Qwen/Qwen2.5-32B Instruct" finds qwen2.5-32b-instruct. */
const folded = (text) => text.toLowerCase().replace(/^.*\//, '').replace(/[\s_-]+/g, ' ').trim();

/** Options whose text holds all words, those that begin with the first word before the others. */
export function matching(options, typed) {
  const words = folded(typed).split(' ').filter((word) => word !== '');
  const found = options.filter((option) => words.every((word) => folded(`${option.text} ${option.note ?? ''} ${option.keys ?? ''}`).includes(word)));
  if (words.length === 0) return found;
  const begins = (option) => folded(option.text).startsWith(words[0]);
  return [...found.filter(begins), ...found.filter((option) => !begins(option))];
}

export class Combobox {
  #input; #list; #label; #options = []; #shown = []; #active = -1; #value = ''; #onChoice; #onText;

  /** @param onChoice  called with the value of the chosen option
   *  @param onText  called with a typed text that Enter ends and no option has; without it, such a text is dropped */
  constructor(place, {id, onChoice, onText}) {
    this.#onChoice = onChoice;
    this.#onText = onText;
    this.#list = element('ul', {role: 'listbox', id: `${id}-list`, hidden: true});
    this.#input = element('input', {type: 'text', id: `${id}-input`, role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list',
      'aria-controls': `${id}-list`, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false'});
    this.#label = element('label', {for: `${id}-input`, class: 'visually-hidden'});
    place.append(this.#label, this.#input, this.#list);
    this.#listen();
  }

  /** @param options  [{value, text, note?, keys?}]; keys are found but not shown */
  setOptions(options) {
    this.#options = options;
    this.show(this.#value);
  }

  name(label, placeholder) {
    this.#label.textContent = label;
    this.#list.setAttribute('aria-label', label);
    this.#input.placeholder = placeholder;
  }

  /** Shows a value that was chosen elsewhere; a reader who is typing is not disturbed. */
  show(value) {
    this.#value = value;
    if (!this.#isOpen()) this.#input.value = this.#textOf(value);
  }

  #textOf(value) {
    return this.#options.find((option) => option.value === value)?.text ?? value;
  }

  #isOpen() {
    return !this.#list.hidden;
  }

  #listen() {
    this.#input.addEventListener('focus', () => this.#input.select());
    this.#input.addEventListener('click', () => { if (!this.#isOpen()) this.#open(''); });
    this.#input.addEventListener('input', () => this.#open(this.#input.value));
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('blur', () => this.#close());
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());  // the field keeps the focus
    this.#list.addEventListener('click', (event) => {
      const item = event.target.closest('[role=option]');
      if (item !== null) this.#choose(Number(item.dataset.place));
    });
  }

  #open(typed) {
    this.#shown = matching(this.#options, typed).slice(0, mostShown);
    this.#list.replaceChildren(...this.#shown.map((option, i) => element('li', {role: 'option', id: `${this.#list.id}-${i}`,
      'data-place': i, 'aria-selected': String(option.value === this.#value)}, element('span', {}, option.text),
      element('span', {class: 'quiet'}, option.note ?? ''))));
    this.#list.hidden = this.#shown.length === 0;
    this.#input.setAttribute('aria-expanded', String(this.#isOpen()));
    const current = this.#shown.findIndex((option) => option.value === this.#value);
    this.#activate(typed === '' ? current : Math.min(0, this.#shown.length - 1));
  }

  #close() {
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
    this.#input.value = this.#textOf(this.#value);
  }

  #activate(place) {
    this.#list.querySelector('.active')?.classList.remove('active');
    this.#active = place;
    const item = this.#list.children[place];
    if (item === undefined) return this.#input.removeAttribute('aria-activedescendant');
    item.classList.add('active');
    item.scrollIntoView({block: 'nearest'});
    this.#input.setAttribute('aria-activedescendant', item.id);
  }

  #choose(place) {
    this.#value = this.#shown[place].value;
    this.#close();
    this.#onChoice(this.#value);
  }

  #step(by) {
    if (!this.#isOpen()) return this.#open('');
    const count = this.#shown.length;
    this.#activate(this.#active < 0 ? (by > 0 ? 0 : count - 1) : (this.#active + by + count) % count);
  }

  #enter() {
    if (this.#isOpen() && this.#active >= 0) return this.#choose(this.#active);
    const typed = this.#input.value.trim();
    if (this.#onText === undefined || typed === '' || typed === this.#textOf(this.#value)) return this.#close();
    this.#value = typed;
    this.#close();
    this.#onText(typed);
  }

  #key(event) {
    const actions = {ArrowDown: () => this.#step(1), ArrowUp: () => this.#step(-1), Enter: () => this.#enter()};
    if (event.key === 'Escape' && this.#isOpen()) actions.Escape = () => this.#close();
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  }
}
