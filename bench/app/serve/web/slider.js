// SPDX-License-Identifier: MIT
// A slider over steps that grow with their size, beside a field for any number between and beyond.
import {element} from '/elements.js';

/** 1, 2, 3, 4, 6, 8, 12, ... up to a number, which is the last step. */
export function stepsUpTo(largest) {
  const steps = [1, 2];
  for (let power = 2; power < largest; power *= 2) steps.push(power * 1.5, power * 2);
  return [...new Set(steps.filter((step) => step < largest && Number.isInteger(step)).concat(largest))];
}

export class Slider {
  #range; #field; #label; #unit; #steps; #value = 0; #speak;

  /** @param speak  the text of a value, for screen readers
   *  @param field  attributes of the field, its limits among them */
  constructor(place, {steps, speak, field = {}, onChange}) {
    const id = place.id;
    this.#steps = steps;
    this.#speak = speak;
    this.#label = element('label', {for: `${id}-field`});
    this.#field = element('input', {type: 'number', id: `${id}-field`, min: '1', step: '1', inputmode: 'numeric', ...field});
    this.#unit = element('span', {class: 'unit'});
    this.#range = element('input', {type: 'range', id: `${id}-range`, min: '0', max: String(steps.length - 1), step: '1'});
    place.append(this.#label, element('span', {class: 'amount'}, this.#field, this.#unit), this.#range);
    const take = (value) => { this.show(value); onChange(value); };
    this.#range.addEventListener('input', () => take(this.#steps[Number(this.#range.value)]));
    this.#field.addEventListener('input', () => {
      const value = Number(this.#field.value);
      if (this.#field.value === '' || !(value > 0)) return;  // still being typed
      take(value);
    });
    this.#field.addEventListener('change', () => this.show(this.#value));
  }

  name(label, unit) {
    this.#label.textContent = label;
    this.#unit.textContent = unit;
    this.#range.setAttribute('aria-label', label);
    this.#say();
  }

  setSteps(steps) {
    if (steps.join() === this.#steps.join()) return;
    this.#steps = steps;
    this.#range.max = String(steps.length - 1);
    this.show(this.#value);
  }

  show(value) {
    this.#value = value;
    if (Number(this.#field.value) !== value || this.#field.value === '') this.#field.value = String(value);
    let place = this.#steps.findIndex((step) => step >= value);
    if (place < 0) place = this.#steps.length - 1;
    this.#range.value = String(place);
    this.#say();
  }

  #say() {
    this.#range.setAttribute('aria-valuetext', this.#speak(this.#value));
  }
}
