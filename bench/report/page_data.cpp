// SPDX-License-Identifier: MIT
// Groups, summaries, fits, lines and history of the page; its rows are in page_rows.cpp.
#include "bench/report/page_data.hpp"

#include "bench/app/fit/fit_report.hpp"
#include "bench/report/page_rows.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using GroupNumbers = std::map<RowGroup, std::size_t>;

constexpr std::size_t worst_rows_shown = 10;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json devices(const Report& report) {
  Json list = Json::array();
  for (const ReportDevice& device : report.devices)
    list.push_back({{"name", device.name},
                    {"rows", device.rows},
                    {"machines", device.machines},
                    {"sources", device.sources},
                    {"first_at", device.first_at},
                    {"last_at", device.last_at},
                    {"versions", device.versions}});
  return list;
}

/// Numbers the groups in the order of their first rows.
GroupNumbers numbered_groups(const Report& report, Json& list) {
  GroupNumbers numbers;
  for (const EvaluatedRow& row : report.evaluation.rows) {
    RowGroup group = group_of(row.measurement);
    const auto [found, is_new] = numbers.try_emplace(std::move(group), numbers.size());
    if (!is_new) continue;
    list.push_back({{"text", group_text(found->first)},
                    {"runtime", std::get<0>(found->first)},
                    {"metric", std::get<1>(found->first)},
                    {"unit", row.measurement.metric == Metric::kv_tokens ? "tokens" : "bytes"},
                    {"conclusion", nullptr}});
  }
  for (const Conclusion& conclusion : conclusions_of(report.evaluation))
    list[numbers.at(conclusion.group)]["conclusion"] = conclusion_text(conclusion);
  return numbers;
}

Json summaries(const Evaluation& evaluation, const GroupNumbers& groups) {
  Json list = Json::array();
  for (const ErrorSummary& s : evaluation.summaries)
    list.push_back({{"group", groups.at({s.runtime, s.metric, s.devices})},
                    {"estimator", s.estimator},
                    {"rows", s.rows},
                    {"skipped", s.skipped},
                    {"mean", or_null(s.mean_abs)},
                    {"median", or_null(s.median_abs)},
                    {"worst", or_null(s.max_abs)},
                    {"signed", or_null(s.mean_signed)},
                    {"under", or_null(s.under)}});
  return list;
}

Json coefficients(const Fit& fit) {
  Json list = Json::array();
  for (std::size_t t = 0; t < fitted_term_count; ++t) {
    const TermFit& term = fit.terms[t];
    list.push_back({{"term", term_names[t]},
                    {"coefficient", term.coefficient},
                    {"std_error", term.std_error},
                    {"p", term.p_equals_one},
                    {"vif", term.variance_inflation},
                    {"identified", term.identified},
                    {"used", fit.prior.coefficients[t]}});
  }
  return list;
}

Json fits(const Report& report) {
  Json list = Json::array();
  for (const ProfileFit& entry : report.fits) {
    const bool exact = is_exact(entry.fit), has_errors = entry.fit.has_error_model();
    list.push_back({{"name", entry.name()},
                    {"formula", formula_text(entry)},
                    {"exact", exact ? Json(fit_text(entry)) : Json(nullptr)},
                    {"rows", entry.fit.rows},
                    {"models", entry.fit.models.size()},
                    {"merit", has_errors ? Json(merit_text(entry.fit, true)) : Json(nullptr)},
                    {"warnings", entry.fit.warnings},
                    {"terms", exact || !has_errors ? Json::array() : coefficients(entry.fit)}});
  }
  return list;
}

Json shapes(const Report& report, const GroupNumbers& groups) {
  Json list = Json::array();
  for (const Shape& shape : report.shapes) {
    const Measurement& first = report.evaluation.rows[shape.rows.front()].measurement;
    Json line = nullptr;
    if (shape.line)
      line = {{"intercept", shape.line->measured.intercept},
              {"slope", shape.line->measured.slope},
              {"theory_slope", or_null(shape.line->theory_slope)}};
    list.push_back({{"group", groups.at(group_of(first))},
                    {"model", shape.model},
                    {"options", shape.options},
                    {"weights", shape.weights},
                    {"kv", shape.kv},
                    {"batch", shape.batch},
                    {"cards", describe(shape.placement)},
                    {"rows", shape.rows},
                    {"line", std::move(line)}});
  }
  return list;
}

Json history(const ReportHistory& report) {
  const History& history = report.history;
  Json runs = Json::array(), series = Json::array();
  for (const HistoryRun& run : history.runs) {
    Json changes = Json::array();
    for (const VersionChange& change : run.changes)
      changes.push_back({{"name", change.name}, {"before", change.before}, {"after", change.after}});
    runs.push_back({{"file", run.file}, {"at", run.measured_at}, {"changes", std::move(changes)}});
  }
  for (const HistorySeries& one : report.series) {
    Json points = Json::array();
    for (const HistoryPoint& point : one.points)
      points.push_back({{"run", point.run},
                        {"value", point.value},
                        {"error", point.std_error},
                        {"p", or_null(point.p_unchanged)}});
    series.push_back({{"fit", one.fit}, {"term", one.term}, {"points", std::move(points)}});
  }
  return {{"device", history.device}, {"runs", std::move(runs)}, {"series", std::move(series)}};
}

Json reasons(const Evaluation& evaluation) {
  Json list = Json::array();
  for (const auto& [reason, counts] : evaluation.reasons)
    for (const auto& [estimator, count] : counts)
      list.push_back({{"rows", count}, {"estimator", estimator}, {"reason", reason}});
  return list;
}

Json profile(const Report& report) {
  Json lines = Json::array();
  for (const auto& [name, value] : report.profile) lines.push_back({{"name", name}, {"value", value}});
  return lines;
}

Json worst(const Report& report) {
  Json list = Json::array();
  for (const EvaluatedRow* row : worst_rows(report.evaluation, worst_rows_shown))
    list.push_back(row - report.evaluation.rows.data());
  return list;
}

/// JSON means the same with these characters escaped. All else that could matter is not ASCII.
std::string escaped_for_script(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&')
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      text += c;
  }
  return text;
}

}  // namespace

std::string page_data(const Report& report) {
  Json groups = Json::array();
  const GroupNumbers numbers = numbered_groups(report, groups);
  Json histories = Json::array();
  for (const ReportHistory& one : report.histories) histories.push_back(history(one));
  const Json data = {{"program", report.program},
                     {"created", report.created},
                     {"files", report.files},
                     {"devices", devices(report)},
                     {"estimators", report.evaluation.estimators},
                     {"terms", term_names},
                     {"left_out", left_out_text(report.evaluation)},
                     {"calibrated_by", report.calibrated_by},
                     {"fits_from", report.fits_from},
                     {"profile", profile(report)},
                     {"groups", std::move(groups)},
                     {"summaries", summaries(report.evaluation, numbers)},
                     {"fits", fits(report)},
                     {"shapes", shapes(report, numbers)},
                     {"histories", std::move(histories)},
                     {"reasons", reasons(report.evaluation)},
                     {"worst", worst(report)},
                     {"rows", page_rows(report, numbers)}};
  return escaped_for_script(data.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace calibram
