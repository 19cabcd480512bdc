// SPDX-License-Identifier: MIT
// Prints histories.
#include "bench/app/history/history_report.hpp"

#include "src/core/bytes.hpp"
#include "src/core/printable.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// What changed; what was not recorded before is no change, and is named behind.
std::string changes_text(const HistoryRun& run) {
  std::vector<std::string> changed, recorded;
  for (const VersionChange& change : run.changes)
    if (change.before.empty())
      recorded.push_back(printable(change.name, 60));
    else
      changed.push_back(fmt::format("{} {} -> {}", printable(change.name, 60), printable(change.before, 60),
                                    change.after.empty() ? "not recorded" : printable(change.after, 60)));
  if (!recorded.empty()) changed.push_back(fmt::format("not recorded before: {}", fmt::join(recorded, ", ")));
  return fmt::format("{}", fmt::join(changed, "; "));
}

std::string time_text(const HistoryRun& run) {
  return run.measured_at.empty() ? "not recorded" : printable(run.measured_at, 20);
}

std::string runs_text(const History& history) {
  TextTable table{{{"run", Align::right},
                   {"measured"},
                   {"rows", Align::right},
                   {"file"},
                   {"changed since the run before"}}};
  for (std::size_t i = 0; i < history.runs.size(); ++i) {
    const HistoryRun& run = history.runs[i];
    table.add_row({std::to_string(i + 1), time_text(run), std::to_string(run.rows), printable(run.file, 80),
                   changes_text(run)});
  }
  return table.text();
}

std::string value_text(const HistorySeries& series, const HistoryPoint& point) {
  const bool is_constant = series.term == "constant";
  const double unit = is_constant ? 1 << 20 : 1;
  // Rounding leaves a constant of nothing on either side of 0.
  const double shown = is_constant && std::abs(point.value) < 1 ? 0 : point.value / unit;
  const std::string value = is_constant ? fmt::format("{:.2f} MiB", shown) : fmt::format("{:.5f}", shown);
  if (!std::isfinite(point.std_error)) return value;
  return value + (is_constant ? fmt::format(" ± {:.2f}", point.std_error / unit)
                              : fmt::format(" ± {:.5f}", point.std_error));
}

/// Whether theory leaves nothing to fit in any run.
bool is_exact(const HistorySeries& series) {
  const double expected = series.term == "constant" ? 0 : 1, rounding = series.term == "constant" ? 1 : 1e-9;
  return std::all_of(series.points.begin(), series.points.end(),
                     [&](const HistoryPoint& point) { return std::abs(point.value - expected) < rounding; });
}

/// Of one fit: a line per run, a column per term.
std::string series_text(const History& history, const std::vector<const HistorySeries*>& terms) {
  std::vector<TableColumn> columns = {{"run", Align::right}};
  for (const HistorySeries* series : terms) columns.push_back({series->term, Align::right});
  TextTable table{columns};
  for (std::size_t run = 0; run < history.runs.size(); ++run) {
    std::vector<std::string> cells = {std::to_string(run + 1)};
    for (const HistorySeries* series : terms) {
      const auto point = std::find_if(series->points.begin(), series->points.end(),
                                      [&](const HistoryPoint& p) { return p.run == run; });
      cells.push_back(point == series->points.end() ? "" : value_text(*series, *point));
    }
    if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& cell) { return !cell.empty(); }))
      table.add_row(std::move(cells));
  }
  return table.text();
}

/// A term that moved between two runs more than chance explains.
struct Step {
  const HistorySeries* series;
  HistoryPoint before, after;
};

/// Bonferroni over all steps of the history.
std::vector<Step> steps_of(const std::vector<HistorySeries>& all) {
  std::size_t tests = 0;
  for (const HistorySeries& series : all) tests += series.points.empty() ? 0 : series.points.size() - 1;
  std::vector<Step> steps;
  for (const HistorySeries& series : all)
    for (std::size_t i = 1; i < series.points.size(); ++i)
      if (*series.points[i].p_unchanged < history_family_error / static_cast<double>(tests))
        steps.push_back({&series, series.points[i - 1], series.points[i]});
  return steps;
}

std::string step_text(const History& history, const Step& step) {
  const HistoryRun& run = history.runs[step.after.run];
  const std::string changes = changes_text(run);
  return fmt::format("{}: {} moved from {} to {} in run {} ({})\n", step.series->fit, step.series->term,
                     value_text(*step.series, step.before), value_text(*step.series, step.after),
                     step.after.run + 1, changes.empty() ? "no version changed" : changes);
}

std::string device_text(const History& history) {
  std::string text = fmt::format("{}: {} run{}\n\n{}", printable(history.device, 80), history.runs.size(),
                                 history.runs.size() == 1 ? "" : "s", runs_text(history));
  const std::vector<HistorySeries> all = history.series();
  for (std::size_t begin = 0, end; begin < all.size(); begin = end) {
    std::vector<const HistorySeries*> terms;
    for (end = begin; end < all.size() && all[end].fit == all[begin].fit; ++end) terms.push_back(&all[end]);
    const bool exact = std::all_of(terms.begin(), terms.end(),
                                   [](const HistorySeries* series) { return is_exact(*series); });
    text += exact ? fmt::format("\n{}: theory holds to the byte in every run\n", all[begin].fit)
                  : fmt::format("\n{}:\n\n{}", all[begin].fit, series_text(history, terms));
  }
  text += "\n";
  const std::vector<Step> steps = steps_of(all);
  for (const Step& step : steps) text += step_text(history, step);
  if (steps.empty() && history.runs.size() > 1) text += "no coefficient moved by more than chance explains\n";
  return text;
}

Json json_of(const HistoryRun& run) {
  Json changes = Json::array();
  for (const VersionChange& change : run.changes)
    changes.push_back({{"name", change.name}, {"before", change.before}, {"after", change.after}});
  return {{"file", run.file},   {"measured_at", run.measured_at},
          {"rows", run.rows},   {"versions", run.versions},
          {"changes", changes}, {"not_fitted", run.not_fitted}};
}

Json json_of(const HistorySeries& series) {
  Json points = Json::array();
  for (const HistoryPoint& point : series.points)
    points.push_back({{"run", point.run},
                      {"value", point.value},
                      {"std_error", std::isfinite(point.std_error) ? Json(point.std_error) : Json(nullptr)},
                      {"p_unchanged", point.p_unchanged ? Json(*point.p_unchanged) : Json(nullptr)}});
  return {{"fit", series.fit}, {"term", series.term}, {"points", points}};
}

}  // namespace

std::string history_text(const std::vector<History>& histories) {
  std::string text;
  for (const History& history : histories) text += (text.empty() ? "" : "\n") + device_text(history);
  return text;
}

std::string history_json(const std::vector<History>& histories) {
  Json document = Json::array();
  for (const History& history : histories) {
    const std::vector<HistorySeries> all = history.series();
    Json runs = Json::array(), series = Json::array(), steps = Json::array();
    for (const HistoryRun& run : history.runs) runs.push_back(json_of(run));
    for (const HistorySeries& one : all) series.push_back(json_of(one));
    for (const Step& step : steps_of(all))
      steps.push_back({{"fit", step.series->fit}, {"term", step.series->term}, {"run", step.after.run}});
    document.push_back({{"device", history.device}, {"runs", runs}, {"series", series}, {"steps", steps}});
  }
  return Json{{"histories", document}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
