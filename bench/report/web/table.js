// SPDX-License-Identifier: MIT
// Tables: elements without markup in strings, and the table of all rows with filter, order and pages.
'use strict';

/** An element with attributes and children; texts stay texts. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A table that scrolls by keyboard. @param columns  {title, number?, order?} */
function tableOf(name, columns, rows) {
  const head = element('tr', {}, ...columns.map((c) => {
    const cell = element('th', {scope: 'col', class: c.number ? 'number' : ''});
    if (c.order !== undefined) cell.setAttribute('aria-sort', c.order);
    cell.append(c.control ?? c.title);
    return cell;
  }));
  const body = element('tbody');
  for (const row of rows)
    body.append(element('tr', {}, ...row.map((text, i) =>
      element('td', columns[i].number ? {class: 'number'} : {}, text))));
  return element('div', {class: 'table', role: 'region', tabindex: '0', 'aria-label': name},
    element('table', {}, element('thead', {}, head), body));
}

const pageSize = 25;
const rowView = {sort: null, descending: false, page: 0, filter: ''};

const rowColumns = [
  {title: 'Row', text: (i) => `${column('file')[i]}:${column('line')[i]}`, key: (i) => i},
  {title: 'Model', text: (i) => column('model')[i]},
  {title: 'Configuration', text: (i) => column('configuration')[i]},
  {title: 'Measured', number: true, text: (i) => amount(column('group')[i], column('measured')[i]),
    key: (i) => column('measured')[i]},
  {title: 'Predicted', number: true, key: (i) => predicted(chosen.estimator)[i],
    text: (i) => amount(column('group')[i], predicted(chosen.estimator)[i])},
  {title: 'Residual', number: true, key: (i) => relative(chosen.estimator)[i],
    text: (i) => percent(relative(chosen.estimator)[i], true)},
  {title: '95 % interval', number: true, key: (i) => intervalOf(i)?.low,
    text: (i) => {
      const interval = intervalOf(i);
      return interval ? `${amount(column('group')[i], interval.low)} – ${amount(column('group')[i], interval.high)}` : '';
    }},
  {title: 'Outcome', text: (i) => column('outcome')[i] || 'ok'},
];

/** Of the chosen estimator; null where it gives none. */
function intervalOf(i) {
  const low = column('low')[i];
  return low === null || column('best')[i] !== chosen.estimator ? null : {low, high: column('high')[i]};
}

function filteredRows() {
  const rows = chosenRows(), wanted = rowView.filter.toLowerCase();
  if (wanted === '') return rows;
  const columns = ['file', 'model', 'configuration', 'outcome', 'reason'].map(column);
  return rows.filter((i) => columns.some((texts) => texts[i].toLowerCase().includes(wanted)));
}

/** Rows without a value of the column come last, whatever the order. */
function sortRows(rows) {
  if (rowView.sort === null) return rows;
  const {key, text} = rowColumns[rowView.sort], value = key ?? text, sign = rowView.descending ? -1 : 1;
  const isNone = (v) => v === null || v === undefined;
  return rows.map((i) => [value(i), i]).sort(([a], [b]) => {
    if (isNone(a) || isNone(b)) return isNone(a) - isNone(b);
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  }).map(([, i]) => i);
}

function sortButton(c, index) {
  const isSorted = rowView.sort === index;
  const mark = isSorted ? (rowView.descending ? ' ▼' : ' ▲') : '';
  const button = element('button', {type: 'button'}, c.title + mark);
  button.addEventListener('click', () => {
    rowView.descending = isSorted && !rowView.descending;
    rowView.sort = index;
    rowView.page = 0;
    showRows();
    document.querySelectorAll('#row-table th button')[index].focus();
  });
  return {...c, control: button, order: isSorted ? (rowView.descending ? 'descending' : 'ascending') : 'none'};
}

function showRows() {
  const rows = sortRows(filteredRows());
  const pages = Math.max(1, Math.ceil(rows.length / pageSize));
  rowView.page = Math.min(rowView.page, pages - 1);
  const shown = rows.slice(rowView.page * pageSize, (rowView.page + 1) * pageSize);
  document.getElementById('row-table').replaceChildren(tableOf('All rows', rowColumns.map(sortButton),
    shown.map((i) => rowColumns.map((c) => c.text(i)))));
  const status = document.getElementById('row-status');
  status.textContent = `Page ${rowView.page + 1} of ${whole.format(pages)}, ${whole.format(rows.length)} rows`;
  for (const [id, target] of [['first', 0], ['previous', rowView.page - 1], ['next', rowView.page + 1], ['last', pages - 1]]) {
    const button = document.getElementById(`page-${id}`);
    button.disabled = target < 0 || target >= pages || target === rowView.page;
    button.onclick = () => { rowView.page = target; showRows(); };
  }
}

function setUpRows() {
  const button = (id, text) => element('button', {type: 'button', id: `page-${id}`}, text);
  const pages = document.getElementById('row-pages');
  pages.className = 'pages';
  pages.append(button('first', 'First'), button('previous', 'Previous'), button('next', 'Next'), button('last', 'Last'),
    element('span', {id: 'row-status', role: 'status'}));
  document.getElementById('row-filter').addEventListener('submit', (event) => event.preventDefault());
  document.getElementById('filter').addEventListener('input', (event) => {
    rowView.filter = event.target.value;
    rowView.page = 0;
    showRows();
  });
}
