// SPDX-License-Identifier: MIT
// The data inside the page: rows by column, each unpacked when it is first asked for.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);

function unpack(column) {
  if (Array.isArray(column)) return column;
  if ('all' in column) return new Array(data.rows.count).fill(column.all);
  return column.codes.map((code) => column.values[code]);
}

const unpacked = new Map();
function once(key, column) {
  if (!unpacked.has(key)) unpacked.set(key, unpack(column));
  return unpacked.get(key);
}

/** One value for each row; null where it has none. */
const column = (name) => once(name, data.rows[name]);
const predicted = (estimator) => once(`predicted ${estimator}`, data.rows.estimates[estimator].predicted);
const relative = (estimator) => once(`relative ${estimator}`, data.rows.estimates[estimator].relative);
const termBytes = (term) => once(`term ${term}`, data.rows.terms[term]);
