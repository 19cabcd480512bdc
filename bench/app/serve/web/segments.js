// SPDX-License-Identifier: MIT
// Buttons of which one is chosen: a radio group, by arrow keys too.
import {element} from '/elements.js';

export class Segments {
  #place; #onChoice; #value = null;

  constructor(place, onChoice) {
    this.#place = place;
    this.#onChoice = onChoice;
    place.classList.add('segments');
    place.setAttribute('role', 'radiogroup');
    place.addEventListener('click', (event) => {
      const chosen = event.target.closest('[role=radio]');
      if (chosen !== null) this.#choose(chosen);
    });
    place.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param options  [{value, text, title?}] */
  setOptions(options) {
    this.#place.replaceChildren(...options.map(({value, text, title}) =>
      element('button', {type: 'button', role: 'radio', 'data-value': value, title: title ?? false}, text)));
    this.show(this.#value);
  }

  /** Marks a value; none is marked where no button has it. */
  show(value) {
    this.#value = value;
    const buttons = [...this.#place.children];
    const chosen = buttons.find((button) => button.dataset.value === value);
    for (const button of buttons) {
      button.setAttribute('aria-checked', String(button === chosen));
      button.tabIndex = button === (chosen ?? buttons[0]) ? 0 : -1;
    }
  }

  #choose(button) {
    this.show(button.dataset.value);
    button.focus();
    this.#onChoice(button.dataset.value);
  }

  #key(event) {
    const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const buttons = [...this.#place.children], place = buttons.indexOf(document.activeElement);
    if (by === undefined || place < 0) return;
    event.preventDefault();
    this.#choose(buttons[(place + by + buttons.length) % buttons.length]);
  }
}
