// SPDX-License-Identifier: MIT
// Elements made without markup in strings, and tables that scroll by keyboard.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts stay texts. A false attribute is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(text, onClick, attributes = {}) {
  const made = element('button', {type: 'button', ...attributes}, text);
  made.addEventListener('click', onClick);
  return made;
}

/** @param columns  {title, number?}; the first cell of each row is its head */
export function table(name, columns, rows) {
  const style = (i) => (columns[i].number ? {class: 'number'} : {});
  const head = element('tr', {}, ...columns.map((c, i) => element('th', {scope: 'col', ...style(i)}, c.title)));
  const body = element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell, i) =>
    (i === 0 ? element('th', {scope: 'row'}, cell) : element('td', style(i), cell))))));
  return element('div', {class: 'table', role: 'region', tabindex: '0', 'aria-label': name},
    element('table', {}, element('thead', {}, head), body));
}

/** Replaces what is shown, unless it is shown already: a reader's selection and focus stay. */
export function replace(place, ...children) {
  const wanted = element('div', {}, ...children);
  const shown = place.childNodes;
  if (wanted.childNodes.length === shown.length && [...shown].every((node, i) => node.isEqualNode(wanted.childNodes[i]))) return;
  place.replaceChildren(...wanted.childNodes);
}
