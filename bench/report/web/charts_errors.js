// SPDX-License-Identifier: MIT
// The residuals of one estimator, and the errors of all side by side.
'use strict';

function residualDatasets(rows, unit) {
  const measured = column('measured'), errors = relative(chosen.estimator);
  const kinds = {none: [], inside: [], outside: []};
  for (const i of rows) {
    const interval = intervalOf(i);
    const kind = interval === null ? 'none' : interval.low <= measured[i] && measured[i] <= interval.high ? 'inside' : 'outside';
    kinds[kind].push(i);
  }
  const labels = {none: 'without an interval', inside: 'inside its 95 % interval', outside: 'outside its 95 % interval'};
  const styles = {none: seriesStyle(4), inside: seriesStyle(0), outside: {...seriesStyle(1), pointStyle: 'triangle', pointRadius: 6}};
  return Object.keys(kinds).filter((kind) => kinds[kind].length > 0)
    .map((kind) => ({...styles[kind], label: `${labels[kind]} (${whole.format(kinds[kind].length)})`, 
      data: thinned(kinds[kind], errors).map((i) => ({x: measured[i] / unit.size, y: 100 * errors[i], row: i}))}));
}

function residualsPlot() {
  const rows = chosenMeasuredRows().filter((i) => relative(chosen.estimator)[i] !== null);
  if (rows.length === 0) return null;
  const measured = column('measured'), name = data.estimators[chosen.estimator];
  const unit = unitFor(chosen.group, rows.reduce((most, i) => Math.max(most, measured[i]), 0));
  const datasets = residualDatasets(rows, unit);
  const drawn = datasets.reduce((sum, d) => sum + d.data.length, 0);
  const worst = rows.reduce((a, b) => (Math.abs(relative(chosen.estimator)[b]) > Math.abs(relative(chosen.estimator)[a]) ? b : a));
  return {
    title: `Residuals of ${name}`,
    note: `Above 0 too much is predicted, below it too little.${thinningNote(drawn, rows.length)}`,
    summary: `${whole.format(rows.length)} rows; the worst is ${percent(relative(chosen.estimator)[worst], true)}, of ` +
      `${shortened(column('model')[worst], 60)} ${column('configuration')[worst]}.`,
    titles: [`Measured, ${unit.name}`, 'Residual, %'],
    config: {type: 'scatter', data: {datasets}, options: {scales: {
      x: valueAxis(`Measured, ${unit.name}`, rows.map((i) => measured[i] / unit.size)),
      y: axis('(predicted − measured) / measured, %', {
        grace: '5%', suggestedMin: -0.01, suggestedMax: 0.01,
        grid: {color: (line) => colour(line.tick?.value === 0 ? 'ink' : 'grid')}})}}},
  };
}

function errorsPlot() {
  const answered = data.summaries.filter((s) => s.group === chosen.group && s.rows > 0);
  if (answered.length === 0) return null;
  const bars = [['mean', 0], ['median', 2], ['worst', 1]].map(([figure, style]) => ({
    label: figure, data: answered.map((s) => 100 * s[figure]), backgroundColor: style === 0 ? seriesColour(0) : pattern(style),
    borderColor: seriesColour(style), borderWidth: 1,
  }));
  const values = bars.flatMap((bar) => bar.data).filter((v) => v > 0);
  const title = 'Errors of all estimators';
  if (values.length === 0)
    return {title, note: `${answered.map((s) => s.estimator).join(' and ')}: every row is answered to the last digit, so there is no error to draw.`};
  const x = valueAxis('relative error, % of what was measured', values);
  if (x.type === 'logarithmic') x.min = stepBeside(x.min * 0.9, false);  // the smallest bar is seen too
  else x.beginAtZero = true;
  return {
    title,
    note: `Of all models${x.type === 'logarithmic' ? ', on a logarithmic axis' : ''}; where no bar is seen, the error is less than the axis begins with.`,
    summary: answered.map((s) => `${s.estimator}: mean ${percent(s.mean)}, median ${percent(s.median)}, worst ${percent(s.worst)}`)
      .join('; ') + '.',
    titles: ['Estimator', 'Error, %'],
    config: {type: 'bar', data: {labels: answered.map((s) => s.estimator), datasets: bars}, options: {indexAxis: 'y', scales: {
      x, y: axis('', {title: {display: false}})}}},
  };
}
