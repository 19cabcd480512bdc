// SPDX-License-Identifier: MIT
// The check's table of terms, its list of rows, and its verdict.
#include "bench/app/check_report.hpp"

#include "src/core/bytes.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

constexpr double mib = 1 << 20;

/// The name of what was tested: a term, or the metric as a whole.
std::string subject(const CheckedGroup& group, const CheckedTerm& term) {
  return term.term.empty() ? std::string{name_of(group.metric)}
                           : fmt::format("{}: {}", name_of(group.metric), term.term);
}

std::string coefficient_text(const CheckedTerm& term) {
  if (!term.coefficient || term.term == "constant") return "";
  return fmt::format("{:.4f}, was {:.4f}", *term.coefficient, *term.expected);
}

std::string significance_text(const CheckedTerm& term) {
  if (std::isnan(term.p_value)) return "not known";
  if (term.change_bytes == 0) return "none";
  if (term.p_value < 1e-12) return "p < 1e-12";
  return fmt::format("p = {:.2g}", term.p_value);
}

std::string terms_text(const Drift& drift) {
  TextTable table{{{"runtime"},
                   {"term"},
                   {"rows", Align::right},
                   {"change", Align::right},
                   {"by chance", Align::right},
                   {"significance"},
                   {"coefficient"},
                   {"verdict"}}};
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms)
      table.add_row({group.runtime, subject(group, term), std::to_string(group.rows.size()),
                     fmt::format("{:+.2f} MiB", term.change_bytes / mib),
                     fmt::format("± {:.2f} MiB", term.deviation_bytes / mib), significance_text(term),
                     coefficient_text(term), term.has_moved ? "moved" : "as before"});
  return table.text();
}

std::string rows_text(const Drift& drift, const std::vector<Measurement>& rows) {
  TextTable table{
      {{"row"}, {"metric"}, {"measured", Align::right}, {"predicted", Align::right}, {"interval"}}};
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedRow& row : group.rows) {
      if (!row.is_outside) continue;
      const Measurement& measured = rows[row.row];
      table.add_row({fmt::format("{}:{} {}", measured.file, measured.line, measured.model),
                     std::string{name_of(group.metric)}, gib_text(rounded_bytes(row.measured_bytes)),
                     gib_text(rounded_bytes(row.predicted_bytes)),
                     fmt::format("{} to {}", gib_text(rounded_bytes(row.low_bytes)),
                                 gib_text(rounded_bytes(row.high_bytes)))});
    }
  return table.empty() ? "" : "\n" + table.text();
}

struct Totals {
  std::size_t rows = 0, outside = 0, terms = 0, moved = 0;
};

Totals totals_of(const Drift& drift) {
  Totals totals;
  for (const CheckedGroup& group : drift.groups) {
    totals.rows += group.rows.size();
    totals.terms += group.terms.size();
    totals.outside += static_cast<std::size_t>(std::count_if(
        group.rows.begin(), group.rows.end(), [](const CheckedRow& r) { return r.is_outside; }));
    totals.moved += static_cast<std::size_t>(std::count_if(group.terms.begin(), group.terms.end(),
                                                           [](const CheckedTerm& t) { return t.has_moved; }));
  }
  return totals;
}

Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

Json json_of(const CheckedGroup& group, const CheckedTerm& term) {
  return {{"runtime", group.runtime},
          {"fitted_runtime", group.fitted_runtime},
          {"metric", name_of(group.metric)},
          {"term", term.term.empty() ? Json(nullptr) : Json(term.term)},
          {"change_bytes", std::llround(term.change_bytes)},
          {"deviation_bytes", std::llround(term.deviation_bytes)},
          {"p_value", std::isnan(term.p_value) ? Json(nullptr) : Json(term.p_value)},
          {"coefficient", number_or_null(term.coefficient)},
          {"expected_coefficient", number_or_null(term.expected)},
          {"moved", term.has_moved}};
}

Json json_of(const CheckedRow& row, const Measurement& measured) {
  return {{"file", measured.file},
          {"line", measured.line},
          {"model", measured.model},
          {"metric", name_of(measured.metric)},
          {"measured", std::llround(row.measured_bytes)},
          {"predicted", std::llround(row.predicted_bytes)},
          {"low", std::llround(row.low_bytes)},
          {"high", std::llround(row.high_bytes)},
          {"outside", row.is_outside}};
}

}  // namespace

std::string drift_text(const Drift& drift, const std::vector<Measurement>& rows, const DriftLimits& limits) {
  const Totals totals = totals_of(drift);
  std::string text = terms_text(drift) + rows_text(drift, rows);
  text += fmt::format("\n{} of {} rows are outside both {:.4g} % and their {:.4g} % interval; ",
                      totals.outside, totals.rows, 100 * limits.tolerance, 100 * limits.row_confidence);
  text += fmt::format("{} of {} terms moved\n", totals.moved, totals.terms);
  return text;
}

std::string drift_json(const Drift& drift, const std::vector<Measurement>& rows, const DriftLimits& limits) {
  Json terms = Json::array(), checked = Json::array();
  for (const CheckedGroup& group : drift.groups) {
    for (const CheckedTerm& term : group.terms) terms.push_back(json_of(group, term));
    for (const CheckedRow& row : group.rows) checked.push_back(json_of(row, rows[row.row]));
  }
  const Json document = {{"passes", !drift.fails()},
                         {"tolerance", limits.tolerance},
                         {"row_confidence", limits.row_confidence},
                         {"family_wise_error", limits.family_wise_error},
                         {"terms", terms},
                         {"rows", checked},
                         {"unchecked", drift.unchecked}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
