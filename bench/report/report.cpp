// SPDX-License-Identifier: MIT
// Residuals, conclusions and the descriptions of devices.
#include "bench/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace calibram {
namespace {

bool is_rule(const ErrorSummary& summary) { return summary.estimator.starts_with("rule-"); }

/// What CSV, Markdown and page show alike.
double with_six_digits(double value) { return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

std::string off_text(const ErrorSummary& summary) {
  return fmt::format("{} is off by {:.2f} % on average, {:.2f} % at worst", summary.estimator,
                     100 * *summary.mean_abs, 100 * *summary.max_abs);
}

void note_time(ReportDevice& device, const std::string& measured_at) {
  if (measured_at.empty()) return;
  if (device.first_at.empty() || measured_at < device.first_at) device.first_at = measured_at;
  if (measured_at > device.last_at) device.last_at = measured_at;
}

}  // namespace

std::optional<Residual> residual_of(const EvaluatedRow& row, std::size_t estimator) {
  if (!is_evaluated(row.measurement) || !row.estimates[estimator]) return std::nullopt;
  const std::int64_t measured = *row.measurement.value;
  const std::int64_t value = (Bytes{*row.estimates[estimator]} - Bytes{measured}).count();
  return Residual{value, with_six_digits(static_cast<double>(value) / static_cast<double>(measured))};
}

std::optional<Interval> interval_of(const EvaluatedRow& row) {
  if (!row.breakdown || row.measurement.metric == Metric::kv_tokens) return std::nullopt;
  return row.breakdown->interval;
}

std::vector<Conclusion> conclusions_of(const Evaluation& evaluation) {
  std::vector<Conclusion> conclusions;
  for (const ErrorSummary& summary : evaluation.summaries) {
    RowGroup group{summary.runtime, summary.metric, summary.devices};
    if (conclusions.empty() || conclusions.back().group != group) conclusions.push_back({std::move(group)});
    if (!summary.mean_abs) continue;
    Conclusion& conclusion = conclusions.back();
    if (is_rule(summary) && (!conclusion.best_rule || *summary.mean_abs < *conclusion.best_rule->mean_abs))
      conclusion.best_rule = &summary;
    if (!is_rule(summary)) conclusion.best = &summary;
  }
  for (Conclusion& conclusion : conclusions)
    if (!conclusion.best) conclusion.best = conclusion.best_rule;
  return conclusions;
}

std::string group_text(const RowGroup& group) {
  const auto& [runtime, metric, cards] = group;
  return fmt::format("{} of {}{}", metric, runtime, cards == "1" ? "" : ", " + cards + " cards");
}

std::string conclusion_text(const Conclusion& conclusion) {
  const std::string group = group_text(conclusion.group);
  if (!conclusion.best) return group + ": no estimator answers";
  std::string text = fmt::format("{}, {} row{}: {}", group, conclusion.best->rows,
                                 conclusion.best->rows == 1 ? "" : "s", off_text(*conclusion.best));
  if (conclusion.best_rule && conclusion.best_rule != conclusion.best)
    text +=
        fmt::format("; the best rule of thumb, {}, by {:.2f} % and {:.2f} %", conclusion.best_rule->estimator,
                    100 * *conclusion.best_rule->mean_abs, 100 * *conclusion.best_rule->max_abs);
  return text;
}

std::string left_out_text(const Evaluation& evaluation) {
  const std::size_t count = evaluation.without_value;
  if (count == 0) return "";
  return fmt::format("{} no value, or 0, or did not end well: {} not evaluated",
                     count == 1 ? "1 row has" : fmt::format("{} rows have", count),
                     count == 1 ? "it is" : "they are");
}

std::vector<const EvaluatedRow*> worst_rows(const Evaluation& evaluation, std::size_t count) {
  const auto size_of = [](const EvaluatedRow* row) {
    return std::abs(residual_of(*row, row->breakdown->estimator)->relative);
  };
  std::vector<const EvaluatedRow*> rows;
  for (const EvaluatedRow& row : evaluation.rows)
    if (row.breakdown && is_evaluated(row.measurement)) rows.push_back(&row);
  count = std::min(count, rows.size());
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), rows.end(),
                    [&](const auto* a, const auto* b) {
                      const double left = size_of(a), right = size_of(b);
                      return left != right ? left > right : a < b;  // a tie keeps the order of the files
                    });
  rows.resize(count);
  return rows;
}

void put_back(std::vector<Measurement> measurements, Evaluation& evaluation) {
  std::vector<EvaluatedRow> all;
  all.reserve(measurements.size());
  auto evaluated = evaluation.rows.begin();
  const std::size_t estimators = evaluation.estimators.size();
  for (Measurement& row : measurements) {
    if (is_evaluated(row)) {
      all.push_back(std::move(*evaluated++));
      continue;
    }
    std::vector<std::optional<std::int64_t>> none(estimators);
    all.push_back({std::move(row), std::move(none), std::vector<std::string>(estimators)});
  }
  evaluation.rows = std::move(all);
}

std::vector<std::pair<std::string, std::string>> description_of(const Profile& profile) {
  std::vector<std::pair<std::string, std::string>> lines = {{"device", profile.device.name},
                                                            {"created", profile.created}};
  const Versions versions = versions_of(profile);
  lines.insert(lines.end(), versions.begin(), versions.end());
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  return lines;
}

std::vector<ReportDevice> devices_of(const Evaluation& evaluation) {
  std::vector<ReportDevice> devices;
  for (const EvaluatedRow& row : evaluation.rows) {
    const Measurement& m = row.measurement;
    auto found =
        std::find_if(devices.begin(), devices.end(), [&](const auto& d) { return d.name == m.device; });
    if (found == devices.end()) found = devices.insert(found, {m.device});
    ++found->rows;
    if (!m.machine.empty()) found->machines.insert(m.machine);
    if (!m.source.empty()) found->sources.insert(m.source);
    note_time(*found, m.measured_at);
    for (const auto& [name, version] : m.versions) found->versions[name].insert(version);
  }
  return devices;
}

std::vector<Shape> shapes_of(const Evaluation& evaluation) {
  std::vector<const Measurement*> rows;
  for (const EvaluatedRow& row : evaluation.rows) rows.push_back(&row.measurement);
  return shapes_of(rows);
}

std::vector<ReportHistory> histories_of(const Evaluation& evaluation) {
  std::map<std::string, std::map<std::string, std::vector<Measurement>>> sweeps;  // by device and file
  for (const EvaluatedRow& row : evaluation.rows)
    sweeps[row.measurement.device][row.measurement.file].push_back(row.measurement);
  std::vector<ReportHistory> histories;
  for (auto& [device, files] : sweeps) {
    if (files.size() < 2) continue;
    std::vector<Sweep> of_device;
    for (auto& [file, rows] : files) of_device.push_back({file, std::move(rows)});
    for (History& history : calibram::histories_of(std::move(of_device))) {
      std::vector<HistorySeries> series = history.series();
      histories.push_back({std::move(history), std::move(series)});
    }
  }
  return histories;
}

}  // namespace calibram
