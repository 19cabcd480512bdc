// SPDX-License-Identifier: MIT
// Coefficients over the sweeps of one device, with marks where a driver, an engine or a commit changed.
'use strict';

/** The fits that have a history, as {history, fit}. */
function histories() {
  return data.histories.flatMap((history) => [...new Set(history.series.map((s) => s.fit))].map((fit) => ({history, fit})));
}

/** "kernel 6.1 → 6.2"; where a side does not say, that is no change, and is told apart. */
function changeText({name, before, after}) {
  if (!before) return `${name} ${after} (not recorded before)`;
  return after ? `${name} ${before} → ${after}` : `${name} ${before} (no longer recorded)`;
}

function runLabel(run) {
  const day = run.at.slice(0, 10) || shortened(run.file, 16);
  return (run.changes.length > 0 ? ['▲', day] : [day]).concat(isNarrow() || run.at.length < 16 ? [] : [run.at.slice(11, 16)]);
}

/** The history of the chosen metric, as {history, fit}; of several devices that of the first; null for none. */
function chosenHistory() {
  const group = data.groups[chosen.group];
  // A history goes on from version to version of an engine, so it is named without one.
  const names = [group.runtime, group.runtime.split('@')[0]].map((runtime) => `${runtime} ${group.metric}`);
  const found = histories().find(({fit}) => names.includes(fit)) ?? null;
  return found === null || found.history.runs.length < 2 ? null : found;
}

/** A line per term with a band of two standard errors, in units of `size`. */
function driftDatasets(history, series, size) {
  return series.flatMap((s, index) => {
    const style = seriesStyle(index), values = (of) => {
      const filled = new Array(history.runs.length).fill(null);
      for (const point of s.points) filled[point.run] = of(point) / size;
      return filled;
    };
    const edge = {label: `${s.term}, two standard errors`, borderWidth: 0, pointRadius: 0, isGuide: true, spanGaps: true};
    return [{...style, label: s.term, data: values((p) => p.value), borderDash: dashes[index % dashes.length], spanGaps: true},
      {...edge, data: values((p) => p.value - 2 * p.error)},
      {...edge, data: values((p) => p.value + 2 * p.error), fill: '-1', backgroundColor: style.borderColor + '22'}];
  });
}

/** @param unit  {name, size} of the values. @param axisTitle  of the values' axis */
function plotOverTime({history, fit}, series, what, unit, axisTitle) {
  if (series.length === 0) return null;
  const changed = history.runs.filter((run) => run.changes.length > 0);
  const shown = (point) => `${number(point.value / unit.size)}${unit.name && ` ${unit.name}`}`;
  return {
    title: `${what} of ${fit} over time`,
    note: `${history.runs.length} sweeps of ${shortened(history.device, 60)}, with two standard errors (shaded). ▲: ` +
      (changed.length === 0 ? 'nothing changed beside them.' :
        changed.map((run) => `${run.at.slice(0, 10)} ${run.changes.map(changeText).join(', ')}`).join('; ') + '.'),
    summary: series.map((s) => `${s.term} from ${shown(s.points[0])} to ${shown(s.points[s.points.length - 1])}`)
      .join('; ') + '.',
    titles: ['Sweep', axisTitle],
    config: {type: 'line', data: {labels: history.runs.map((run) => runLabel(run)), datasets: driftDatasets(history, series, unit.size)},
      options: {scales: {x: axis('sweep'), y: axis(axisTitle)}}},
  };
}

function driftPlot() {
  const found = chosenHistory();
  if (found === null) return null;
  const series = found.history.series.filter((s) => s.fit === found.fit && s.term !== 'constant');
  return plotOverTime(found, series, 'Coefficients', {name: '', size: 1}, 'coefficient: 1 is what theory counts');
}

/** Apart from the coefficients: the constant is memory, not a share of what theory counts. */
function constantDriftPlot() {
  const found = chosenHistory();
  if (found === null) return null;
  const series = found.history.series.filter((s) => s.fit === found.fit && s.term === 'constant');
  const largest = series.flatMap((s) => s.points).reduce((most, p) => Math.max(most, Math.abs(p.value)), 0);
  const unit = unitFor(chosen.group, largest);
  return plotOverTime(found, series, 'Constant', unit, `constant, ${unit.name}`);
}
