// SPDX-License-Identifier: MIT
// The check for people: tables, then sentences, the verdict last, where a log ends.
#include "bench/app/check/wording.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <cmath>

namespace calibram {
namespace {

std::string title_of(Reference reference, const CheckedReference& named) {
  const std::string when = named.measured_at.empty() ? "" : " of " + named.measured_at;
  return fmt::format("against the {} {}{}:\n\n", name_of(reference), named.file, when);
}

std::string terms_text(const Drift& drift, Reference reference) {
  TextTable table{{{"runtime and metric"},
                   {"term"},
                   {"rows", Align::right},
                   {"change", Align::right},
                   {"by chance", Align::right},
                   {"std errors", Align::right},
                   {"significance"},
                   {"coefficient"},
                   {"verdict"}}};
  for (const CheckedGroup& group : drift.groups) {
    if (group.reference != reference) continue;
    for (const CheckedTerm& term : group.terms)
      table.add_row(
          {group.name(), subject_of(term), std::to_string(group.rows.size()),
           change_text(term.change_bytes, group.metric),
           std::isnan(term.deviation_bytes) ? "" : "± " + size_text(term.deviation_bytes, group.metric),
           standard_errors_text(term), significance_text(term), coefficient_text(term),
           term.has_moved ? "MOVED" : "as before"});
  }
  return table.empty() ? "" : table.text() + "\n";
}

std::string moves_text(const CheckResult& result) {
  std::string text;
  for (const CheckedGroup& group : result.drift.groups)
    for (const CheckedTerm& term : group.terms)
      if (term.has_moved)
        text += fmt::format("{}\n  changed since the {}: {}\n", move_sentence(group, term),
                            name_of(group.reference), changes_text(result.references.at(group.reference)));
  return text.empty() ? "" : text + "\n";
}

std::string rows_text(const CheckResult& result) {
  const std::vector<OutsideRow> outside = outside_rows(result.drift);
  const TextTable table =
      outside_table(result, outside, "row outside", [](std::string_view text) { return std::string{text}; });
  if (table.empty()) return "";
  const std::size_t more = outside.size() - std::min(outside.size(), most_listed_rows);
  return table.text() + (more > 0 ? fmt::format("and {} more\n", more) : "") + "\n";
}

std::string outcomes_text(const CheckResult& result) {
  const std::vector<OutcomeChange>& changes = result.drift.outcomes.changed;
  TextTable table{{{"other outcome"}, {"configuration"}, {"before -> now"}, {"verdict"}}};
  for (std::size_t i = 0; i < std::min(changes.size(), most_listed_rows); ++i) {
    const Measurement& row = result.rows[changes[i].row];
    table.add_row({place_of(row), configuration_text(row), outcome_text(changes[i], result),
                   changes[i].is_failure ? "FAILS" : "noted"});
  }
  if (table.empty()) return "";
  const std::size_t more = changes.size() - std::min(changes.size(), most_listed_rows);
  return table.text() + (more > 0 ? fmt::format("and {} more\n", more) : "") + "\n";
}

}  // namespace

std::string check_text(const CheckResult& result) {
  std::string text;
  for (const auto& [reference, named] : result.references)
    text += title_of(reference, named) + terms_text(result.drift, reference);
  text += moves_text(result) + rows_text(result) + outcomes_text(result);
  for (const std::string& remark : remarks(result)) text += "note: " + remark + "\n";
  text += fmt::format(
      "a row fails when it is outside both {:.4g} % and its {:.4g} % interval; a term, when chance alone "
      "would "
      "move any so far in fewer than {:g} of runs\n",
      100 * result.limits.tolerance, 100 * result.limits.row_confidence, result.limits.family_wise_error);
  text += verdict(result) + "\n";
  const std::string next = advice(result);
  return next.empty() ? text : text + next + "\n";
}

}  // namespace calibram
