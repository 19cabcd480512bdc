// SPDX-License-Identifier: MIT
// Puts the page together: texts, choosers, theme, plots and tables.
'use strict';
const byId = (id) => document.getElementById(id);

function describeDevices() {
  for (const device of data.devices) {
    const lines = [['Device', device.name || 'not named'], ['Rows', whole.format(device.rows)]];
    if (device.first_at) lines.push(['Measured', device.first_at === device.last_at ? device.first_at : `${device.first_at} to ${device.last_at}`]);
    if (device.machines.length > 0) lines.push(['Machines', device.machines.join(', ')]);
    for (const [name, versions] of Object.entries(device.versions)) lines.push([name, versions.join(', ')]);
    if (device.sources.length > 0) lines.push(['Source', shortened(device.sources.join('; '), 400)]);
    byId('devices').append(tableOf(`Device ${device.name}`, [{title: 'What'}, {title: 'Value'}], lines));
  }
}

function describeConclusions() {
  for (const group of data.groups) if (group.conclusion) byId('conclusion-list').append(element('li', {}, `${group.conclusion}.`));
  if (data.left_out) byId('conclusion-list').append(element('li', {}, `${data.left_out}.`));
  byId('calibrated-note').textContent = data.calibrated_by ? `calibrated: ${data.calibrated_by}.` : '';
  byId('made').textContent = `${whole.format(data.rows.count)} rows, reported by ${data.program} at ${data.created}`;
  byId('files').textContent = `From ${data.files.join(', ')}.`;
}

function describeFits() {
  byId('fits-note').textContent = data.fits.length > 0 ? `From ${data.fits_from}.` : 'Nothing was fitted.';
  if (data.profile.length > 0)
    byId('fit-list').append(tableOf('The profile', [{title: 'What'}, {title: 'Value'}], data.profile.map((line) => [line.name, line.value])));
  const digits = (value, count) => (value === null ? '' : value.toFixed(count));
  for (const fit of data.fits) {
    byId('fit-list').append(element('h3', {}, fit.name));
    if (fit.exact !== null) {
      byId('fit-list').append(element('p', {}, `${fit.exact.trim()}.`));
      continue;
    }
    byId('fit-list').append(element('p', {class: 'formula'}, fit.formula), element('p', {class: 'quiet'}, `${fit.rows} rows of ${fit.models} models`));
    const terms = fit.terms.filter((t) => t.coefficient !== null || !t.identified);
    if (terms.length > 0)
      byId('fit-list').append(tableOf(`Coefficients of ${fit.name}`,
        [{title: 'Term'}, {title: 'Coefficient', number: true}, {title: 'Standard error', number: true},
          {title: 'p (= 1)', number: true}, {title: 'VIF', number: true}, {title: 'Identified'}],
        terms.map((t) => [t.term, digits(t.coefficient, 5), digits(t.std_error, 5), t.p === null ? '' : t.p.toPrecision(2),
          digits(t.vif, 1), t.identified ? 'yes' : `no; ${t.used.toFixed(4)} is used`])));
    if (fit.merit !== null) byId('fit-list').append(element('p', {}, fit.merit.trim()));
    for (const warning of fit.warnings) byId('fit-list').append(element('p', {class: 'note'}, `Warning: ${warning}`));
  }
}

function showLines() {
  const shapes = data.shapes.filter((s) => s.line !== null && s.group === chosen.group && (chosen.model === null || s.model === chosen.model));
  const rows = shapes.slice(0, 500).map((s) => [`${s.model} ${s.options}`.trim(), s.weights, s.kv, number(s.batch), s.cards || '1 device',
    number(s.rows.length), amount(s.group, s.line.intercept), amount(s.group, s.line.slope),
    s.line.theory_slope === null ? '' : amount(s.group, s.line.theory_slope)]);
  byId('line-table').replaceChildren(shapes.length === 0 ? element('p', {}, 'No shape was measured at three different contexts.') :
    tableOf('Memory against context', [{title: 'Model'}, {title: 'Weights'}, {title: 'Cache'}, {title: 'Batch', number: true}, {title: 'Devices'},
      {title: 'Rows', number: true}, {title: 'At 0 tokens', number: true}, {title: 'Per token', number: true}, {title: 'KV in theory', number: true}], rows));
}

function describeWorst() {
  const rows = data.worst.map((i) => {
    const best = column('best')[i], group = column('group')[i];
    return [`${column('file')[i]}:${column('line')[i]}`, column('model')[i], column('configuration')[i], data.groups[group].text,
      amount(group, column('measured')[i]), data.estimators[best], amount(group, predicted(best)[i]), percent(relative(best)[i], true)];
  });
  byId('worst-table').append(rows.length === 0 ? element('p', {}, 'No row was answered.') :
    tableOf('The worst rows', [{title: 'Row'}, {title: 'Model'}, {title: 'Configuration'}, {title: 'Metric'}, {title: 'Measured', number: true},
      {title: 'Best estimator'}, {title: 'Predicted', number: true}, {title: 'Residual', number: true}], rows));
}

function describeReasons() {
  byId('reasons').append(data.reasons.length === 0 ? element('p', {}, 'Every estimator answered every row.') :
    tableOf('Not answered', [{title: 'Rows', number: true}, {title: 'Estimator'}, {title: 'Reason'}],
      data.reasons.slice(0, 500).map((r) => [whole.format(r.rows), r.estimator, r.reason])));
}

const plots = {memory: memoryPlot, agreement: agreementPlot, residuals: residualsPlot, errors: errorsPlot, terms: termsPlot, drift: driftPlot,
  'constant-drift': constantDriftPlot};
function drawAll() {
  for (const [id, plot] of Object.entries(plots)) draw(id, plot());
}

function fillSelect(select, options, value) {
  select.replaceChildren(...options.map(([key, text]) => element('option', {value: key}, shortened(text, 70))));
  select.value = value;
}

/** Models of the chosen group; the estimator stays, unless it has no answer there. */
function fillChoosers() {
  const models = [...new Set(data.shapes.filter((s) => s.group === chosen.group).map((s) => s.model))];
  if (!models.includes(chosen.model)) chosen.model = null;
  const names = [['', `All ${models.length} models`], ...models.map((m, i) => [String(i), m])];
  fillSelect(byId('model'), models.length === 1 ? names.slice(1) : names, chosen.model === null ? '' : String(models.indexOf(chosen.model)));
  if (models.length === 1) byId('model').value = '0';
  byId('model').onchange = (event) => { chosen.model = event.target.value === '' ? null : models[event.target.value]; showAll(); };
  const answers = data.summaries.filter((s) => s.group === chosen.group && s.rows > 0).map((s) => data.estimators.indexOf(s.estimator));
  if (!answers.includes(chosen.estimator)) chosen.estimator = answers[answers.length - 1] ?? 0;
  fillSelect(byId('estimator'), answers.map((e) => [String(e), data.estimators[e]]), String(chosen.estimator));
}

function showAll() {
  rowView.page = 0;
  drawAll();
  showLines();
  showRows();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = theme === 'dark' ? 'Light colours' : 'Dark colours';
}

function setUpTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => setTheme(system.matches ? 'dark' : 'light');
  follow();
  system.addEventListener('change', () => { follow(); drawAll(); });
  byId('theme').addEventListener('click', () => {
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    drawAll();
  });
  let before = 'light';
  window.addEventListener('beforeprint', () => { before = document.documentElement.dataset.theme; setTheme('light'); drawAll(); });
  window.addEventListener('afterprint', () => { setTheme(before); drawAll(); });
}

function setUpChoosers() {
  const hasAnswers = (g) => data.summaries.some((s) => s.group === g && s.rows > 0);
  // What the system saw says more than our own books, which theory answers exactly.
  const preferred = ['device', 'rss', 'reserved', 'allocated', 'kv_available', 'compute'].map((metric) => data.groups.findIndex((g, i) => g.metric === metric && hasAnswers(i)));
  chosen.group = preferred.find((g) => g >= 0) ?? Math.max(0, data.groups.findIndex((_, i) => hasAnswers(i)));
  fillSelect(byId('group'), data.groups.map((g, i) => [String(i), g.text]), String(chosen.group));
  byId('group').onchange = (event) => { chosen.group = Number(event.target.value); fillChoosers(); showAll(); };
  byId('estimator').onchange = (event) => { chosen.estimator = Number(event.target.value); showAll(); };
  byId('choosers').addEventListener('submit', (event) => event.preventDefault());
  fillChoosers();
}

setUpTheme();
describeDevices();
describeConclusions();
describeFits();
describeWorst();
describeReasons();
setUpChoosers();
setUpRows();
showAll();
performance.mark('drawn');
