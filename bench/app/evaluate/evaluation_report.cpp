// SPDX-License-Identifier: MIT
// The evaluation's tables and its JSON document.
#include "bench/app/evaluate/evaluation_report.hpp"

#include "src/core/names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string percent(const std::optional<double>& value, bool with_sign = false) {
  if (!value) return "";
  return with_sign ? fmt::format("{:+.2f} %", 100 * *value) : fmt::format("{:.2f} %", 100 * *value);
}

/// Whether any estimator answered rows of the summary's group: then the others need no empty line.
bool is_answered(const Evaluation& evaluation, const ErrorSummary& summary) {
  return std::any_of(evaluation.summaries.begin(), evaluation.summaries.end(), [&](const ErrorSummary& s) {
    return s.rows > 0 && s.runtime == summary.runtime && s.metric == summary.metric &&
           s.devices == summary.devices;
  });
}

/// Why there is no answer, or what makes the measured figure another kind of number.
std::string remark(const EvaluatedRow& row, std::size_t estimator) {
  if (!row.reasons[estimator].empty()) return row.reasons[estimator];
  const bool adds_peaks = row.measurement.devices > 1 && is_total(row.measurement.metric);
  return adds_peaks ? "adds peaks that cards reach at different times" : "";
}

}  // namespace

std::string run_text(const Measurement& row) {
  std::string text = fmt::format("{} {} x {} + {}", row.weights, row.workload.batch, row.workload.prompt,
                                 row.workload.generate);
  if (row.workload.context) text += fmt::format(" in {}", *row.workload.context);
  if (row.devices > 1) text += fmt::format(", {} cards", row.devices);
  return row.options.empty() ? text : text + ", " + options_text(row.options);
}

std::string amount_text(const Measurement& row, std::int64_t value) {
  return row.metric == Metric::kv_tokens ? fmt::format("{} tokens", value) : gib_text(Bytes{value});
}

TextTable evaluation_table(const Evaluation& evaluation) {
  TextTable table{{{"estimator"},
                   {"runtime"},
                   {"metric"},
                   {"cards"},
                   {"rows", Align::right},
                   {"skipped", Align::right},
                   {"mean", Align::right},
                   {"median", Align::right},
                   {"worst", Align::right},
                   {"signed", Align::right},
                   {"under", Align::right}}};
  for (const ErrorSummary& s : evaluation.summaries) {
    if (s.rows == 0 && is_answered(evaluation, s)) continue;
    table.add_row({s.estimator, s.runtime, s.metric, s.devices, std::to_string(s.rows),
                   std::to_string(s.skipped), percent(s.mean_abs), percent(s.median_abs), percent(s.max_abs),
                   percent(s.mean_signed, true), s.under ? fmt::format("{:.0f} %", 100 * *s.under) : ""});
  }
  return table;
}

std::string evaluation_text(const Evaluation& evaluation) { return evaluation_table(evaluation).text(); }

std::string evaluation_rows_text(const Evaluation& evaluation, const std::string& estimator) {
  const auto found = std::find(evaluation.estimators.begin(), evaluation.estimators.end(), estimator);
  if (found == evaluation.estimators.end())
    throw unknown_name(
        "estimator", estimator,
        std::vector<std::string_view>{evaluation.estimators.begin(), evaluation.estimators.end()});
  const auto index = static_cast<std::size_t>(found - evaluation.estimators.begin());
  TextTable table{{{"row"},
                   {"configuration"},
                   {"metric"},
                   {"measured", Align::right},
                   {estimator, Align::right},
                   {"residual", Align::right},
                   {"remark"}}};
  for (const EvaluatedRow& row : evaluation.rows) {
    const Measurement& m = row.measurement;
    const std::optional<std::int64_t> value = row.estimates[index];
    std::optional<double> residual;
    if (value) residual = static_cast<double>(*value - *m.value) / static_cast<double>(*m.value);
    table.add_row({fmt::format("{}:{}", m.file, m.line), fmt::format("{} {}", m.model, run_text(m)),
                   std::string{name_of(m.metric)}, amount_text(m, *m.value),
                   value ? amount_text(m, *value) : "", percent(residual, true), remark(row, index)});
  }
  return table.text();
}

std::string evaluation_json(const Evaluation& evaluation) {
  Json summary = Json::array(), rows = Json::array();
  for (const ErrorSummary& s : evaluation.summaries)
    summary.push_back({{"estimator", s.estimator},
                       {"runtime", s.runtime},
                       {"metric", s.metric},
                       {"devices", s.devices},
                       {"rows", s.rows},
                       {"skipped", s.skipped},
                       {"mean_abs", or_null(s.mean_abs)},
                       {"median_abs", or_null(s.median_abs)},
                       {"max_abs", or_null(s.max_abs)},
                       {"mean_signed", or_null(s.mean_signed)},
                       {"under", or_null(s.under)}});
  for (const EvaluatedRow& row : evaluation.rows) {
    Json estimates = Json::object(), reasons = Json::object();
    for (std::size_t i = 0; i < evaluation.estimators.size(); ++i) {
      estimates[evaluation.estimators[i]] = row.estimates[i] ? Json(*row.estimates[i]) : Json(nullptr);
      if (!row.reasons[i].empty()) reasons[evaluation.estimators[i]] = row.reasons[i];
    }
    const Measurement& m = row.measurement;
    rows.push_back({{"file", m.file},
                    {"line", m.line},
                    {"model", m.model},
                    {"metric", name_of(m.metric)},
                    {"measured", *m.value},
                    {"estimates", estimates},
                    {"reasons", reasons}});
  }
  const Json document = {{"summary", summary}, {"rows", rows}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
