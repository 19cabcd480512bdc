// SPDX-License-Identifier: MIT
// The check for programs.
#include "bench/app/check/wording.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// Six digits: more would be the rounding of this machine.
Json number_or_null(double number) {
  return std::isfinite(number) ? Json(require_number("", fmt::format("{:.6g}", number))) : Json(nullptr);
}
Json number_or_null(const std::optional<double>& number) {
  return number ? number_or_null(*number) : Json(nullptr);
}
Json whole_or_null(double number) {
  return std::isfinite(number) ? Json(std::llround(number)) : Json(nullptr);
}

Json json_of(const CheckedGroup& group, const CheckedTerm& term) {
  return {{"against", name_of(group.reference)},
          {"runtime", group.runtime},
          {"fitted_runtime", group.reference_runtime},
          {"metric", name_of(group.metric)},
          {"devices", group.placement.devices},
          {"term", term.term.empty() ? Json(nullptr) : Json(term.term)},
          {"rows", group.rows.size()},
          {"change_bytes", whole_or_null(term.change_bytes)},
          {"deviation_bytes", whole_or_null(term.deviation_bytes)},
          {"standard_errors", number_or_null(term.standard_errors())},
          {"p_value", number_or_null(term.p_value)},
          {"coefficient", number_or_null(term.coefficient)},
          {"expected_coefficient", number_or_null(term.expected)},
          {"moved", term.has_moved}};
}

Json json_of(const OutsideRow& outside, const Measurement& measured) {
  const CheckedGroup* group = outside.group;
  const CheckedRow* row = outside.row;
  return {{"against", name_of(group->reference)},
          {"file", measured.file},
          {"line", measured.line},
          {"model", measured.model},
          {"metric", name_of(measured.metric)},
          {"measured", std::llround(row->measured_bytes)},
          {"predicted", std::llround(row->predicted_bytes)},
          {"low", std::llround(row->low_bytes)},
          {"high", std::llround(row->high_bytes)},
          {"outside", row->is_outside}};
}

Json place(const Measurement& row) {
  return {{"file", row.file}, {"line", row.line}, {"model", row.model}, {"metric", name_of(row.metric)}};
}

Json places(const std::vector<std::size_t>& indices, const std::vector<Measurement>& rows) {
  Json list = Json::array();
  for (const std::size_t index : indices) list.push_back(place(rows[index]));
  return list;
}

Json outcomes_json(const CheckResult& result) {
  Json list = Json::array();
  for (const OutcomeChange& change : result.drift.outcomes.changed) {
    const Measurement &now = result.rows[change.row], &old = result.old_rows[change.old_row];
    Json json = place(now);
    json["before"] = old.outcome.empty() ? "ok" : old.outcome;
    json["now"] = now.outcome.empty() ? "ok" : now.outcome;
    json["reason"] = now.reason;
    json["fails"] = change.is_failure;
    list.push_back(std::move(json));
  }
  return list;
}

Json references_json(const CheckResult& result) {
  Json json = Json::object();
  for (const auto& [reference, named] : result.references) {
    const CheckTotals totals = totals_of(result.drift, reference);
    Json changes = Json::array();
    for (const VersionChange& change : named.changes)
      changes.push_back({{"name", change.name}, {"before", change.before}, {"now", change.after}});
    json[std::string{name_of(reference)}] = {{"file", named.file},        {"measured_at", named.measured_at},
                                             {"rows", totals.rows},       {"rows_outside", totals.outside},
                                             {"terms", totals.terms},     {"terms_moved", totals.moved},
                                             {"version_changes", changes}};
  }
  return json;
}

}  // namespace

std::string check_json(const CheckResult& result) {
  Json terms = Json::array(), rows = Json::array();
  for (const CheckedGroup& group : result.drift.groups) {
    for (const CheckedTerm& term : group.terms) terms.push_back(json_of(group, term));
    for (const OutsideRow& outside : outside_rows(group))
      rows.push_back(json_of(outside, result.rows[outside.row->row]));
  }
  const OutcomeChanges& outcomes = result.drift.outcomes;
  const Json document = {{"passes", !result.drift.fails()},
                         {"verdict", verdict(result)},
                         {"tolerance", result.limits.tolerance},
                         {"row_confidence", result.limits.row_confidence},
                         {"family_wise_error", result.limits.family_wise_error},
                         {"tests", result.drift.tests},
                         {"references", references_json(result)},
                         {"versions", result.versions},
                         {"terms", terms},
                         {"rows", rows},
                         {"outcomes", outcomes_json(result)},
                         {"missing", places(outcomes.missing, result.old_rows)},
                         {"added", places(outcomes.added, result.rows)},
                         {"unchecked", result.drift.unchecked},
                         {"notes", remarks(result)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
