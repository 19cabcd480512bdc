// SPDX-License-Identifier: MIT
// Coefficients over the sweeps of one device, with marks where a driver, an engine or a commit changed.
'use strict';

/** The fits that have a history, as {history, fit}. */
function histories() {
  return data.histories.flatMap((history) => [...new Set(history.series.map((s) => s.fit))].map((fit) => ({history, fit})));
}

const changeText = (change) => `${change.name} ${change.before || 'unknown'} → ${change.after || 'unknown'}`;

function runLabel(run) {
  const day = run.at.slice(0, 10) || shortened(run.file, 16);
  return (run.changes.length > 0 ? ['▲', day] : [day]).concat(isNarrow() || run.at.length < 16 ? [] : [run.at.slice(11, 16)]);
}

/** The history of the chosen metric; of several devices that of the first. */
function driftPlot() {
  const group = data.groups[chosen.group];
  // A history goes on from version to version of an engine, so it is named without one.
  const names = [group.runtime, group.runtime.split('@')[0]].map((runtime) => `${runtime} ${group.metric}`);
  const found = histories().find(({fit}) => names.includes(fit)) ?? null;
  if (found === null || found.history.runs.length < 2) return null;
  const {history, fit} = found;
  const series = history.series.filter((s) => s.fit === fit && s.term !== 'constant');
  if (series.length === 0) return null;
  const datasets = series.flatMap((s, index) => {
    const style = seriesStyle(index), values = (of) => {
      const filled = new Array(history.runs.length).fill(null);
      for (const point of s.points) filled[point.run] = of(point);
      return filled;
    };
    const edge = {label: `${s.term}, two standard errors`, borderWidth: 0, pointRadius: 0, isGuide: true, spanGaps: true};
    return [{...style, label: s.term, data: values((p) => p.value), borderDash: dashes[index % dashes.length], spanGaps: true},
      {...edge, data: values((p) => p.value - 2 * p.error)},
      {...edge, data: values((p) => p.value + 2 * p.error), fill: '-1', backgroundColor: style.borderColor + '22'}];
  });
  const changed = history.runs.filter((run) => run.changes.length > 0);
  return {
    title: `Coefficients of ${fit} over time`,
    note: `${history.runs.length} sweeps of ${shortened(history.device, 60)}, with two standard errors (shaded). ▲: ` +
      (changed.length === 0 ? 'nothing changed beside them.' :
        changed.map((run) => `${run.at.slice(0, 10)} ${run.changes.map(changeText).join(', ')}`).join('; ') + '.'),
    summary: series.map((s) => `${s.term} from ${number(s.points[0].value)} to ${number(s.points[s.points.length - 1].value)}`)
      .join('; ') + '.',
    titles: ['Sweep', 'Coefficient'],
    config: {type: 'line', data: {labels: history.runs.map((run) => runLabel(run)), datasets},
      options: {scales: {x: axis('sweep'), y: axis('coefficient: 1 is what theory counts')}}},
  };
}
