// SPDX-License-Identifier: MIT
// Puts what a check found into words.
#include "bench/app/check/wording.hpp"

#include "src/core/bytes.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

namespace calibram {
namespace {

constexpr std::array references = {Reference::profile, Reference::baseline};

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::size_t failures_of(const OutcomeChanges& outcomes) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.changed.begin(), outcomes.changed.end(),
                    [](const OutcomeChange& change) { return change.is_failure; }));
}

void add_outside_rows(const CheckedGroup& group, std::vector<OutsideRow>& outside) {
  for (const CheckedRow& row : group.rows)
    if (row.is_outside) outside.push_back({&group, &row, false});
}

double relative_error(const CheckedRow& row) { return row.measured_bytes / row.predicted_bytes - 1; }

void worst_first(std::vector<OutsideRow>& outside) {
  std::stable_sort(outside.begin(), outside.end(), [](const OutsideRow& a, const OutsideRow& b) {
    return std::abs(relative_error(*a.row)) > std::abs(relative_error(*b.row));
  });
}

/// "3 configurations of the baseline were not measured again (first old.csv:7 qwen2-7b fp16/fp16 1 x 64)".
void add_remark(std::vector<std::string>& remarks, const std::vector<std::size_t>& places,
                const std::vector<Measurement>& rows, std::string_view noun, std::string_view what) {
  if (places.empty()) return;
  const Measurement& first = rows[places.front()];
  remarks.push_back(fmt::format("{} {} (first {} {})", counted(places.size(), noun), what, place_of(first),
                                configuration_text(first)));
}

/// Each thing that tests could not know once, with the first of them.
void add_caveats(std::vector<std::string>& remarks, const Drift& drift) {
  std::map<std::pair<Reference, std::string>, std::vector<const CheckedGroup*>> groups_of;
  for (const CheckedGroup& group : drift.groups)
    if (!group.caveat.empty()) groups_of[{group.reference, group.caveat}].push_back(&group);
  for (const auto& [what, groups] : groups_of)
    remarks.push_back(fmt::format("{}{} against the {}: {}", printable(groups.front()->name()),
                                  groups.size() == 1 ? "" : fmt::format(" and {} more", groups.size() - 1),
                                  name_of(what.first), what.second));
}

/// Where the cause of a failure is to be sought.
std::string_view where_to_look(const Drift& drift) {
  bool any = false, other_than_constant = false;
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms) {
      any |= term.has_moved;
      other_than_constant |= term.has_moved && term.term != "constant";
    }
  if (!any) return "look at what is special in these rows: no term as a whole moved";
  return other_than_constant
             ? "look for the cause where that memory is allocated"
             : "look for the cause in what every run has: the program, its libraries, the driver";
}

}  // namespace

CheckTotals totals_of(const CheckedGroup& group) {
  CheckTotals totals{group.rows.size(), 0, group.terms.size(), 0};
  for (const CheckedRow& row : group.rows)
    if (row.is_outside) ++totals.outside;
  for (const CheckedTerm& term : group.terms)
    if (term.has_moved) ++totals.moved;
  return totals;
}

CheckTotals totals_of(const Drift& drift, Reference reference) {
  CheckTotals totals;
  for (const CheckedGroup& group : drift.groups) {
    if (group.reference != reference) continue;
    const CheckTotals more = totals_of(group);
    totals.rows += more.rows, totals.outside += more.outside;
    totals.terms += more.terms, totals.moved += more.moved;
  }
  return totals;
}

std::string size_text(double value, Metric metric) {
  if (metric == Metric::kv_tokens) return fmt::format("{:.0f} tokens", value);
  if (std::isnan(value)) return "not known";
  constexpr double kib = 1 << 10, mib = 1 << 20, gib = 1 << 30;
  if (std::abs(value) >= gib) return fmt::format("{:.2f} GiB", value / gib);
  if (std::abs(value) >= mib / 100) return fmt::format("{:.2f} MiB", value / mib);
  if (std::abs(value) >= kib) return fmt::format("{:.2f} KiB", value / kib);
  return fmt::format("{:.0f} B", value);
}

std::string change_text(double value, Metric metric) {
  return std::abs(value) < 1 ? size_text(0, metric)
                             : (value < 0 ? "-" : "+") + size_text(std::abs(value), metric);
}

std::string subject_of(const CheckedTerm& term) { return term.term.empty() ? "the whole" : term.term; }

std::string coefficient_text(const CheckedTerm& term) {
  if (!term.coefficient || term.term == "constant") return "";
  return fmt::format("{:.4f}, was {:.4f}", *term.coefficient, *term.expected);
}

std::string significance_text(const CheckedTerm& term) {
  if (std::isnan(term.p_value)) return "not known";
  if (std::abs(term.change_bytes) < 0.5) return "none";  // not a byte
  if (term.p_value < 1e-12) return "p < 1e-12";
  return fmt::format("p = {:.2g}", term.p_value);
}

std::string standard_errors_text(const CheckedTerm& term) {
  if (std::isnan(term.deviation_bytes)) return "";
  return std::abs(term.standard_errors()) < 0.05 ? "0.0" : fmt::format("{:+.1f}", term.standard_errors());
}

std::string move_sentence(const CheckedGroup& group, const CheckedTerm& term) {
  const std::string coefficient = coefficient_text(term);
  return fmt::format("{}: {} moved by {} in the mean of {} ({}{:.1f} standard errors, {})",
                     printable(group.name()), subject_of(term), change_text(term.change_bytes, group.metric),
                     counted(group.rows.size(), "row"),
                     coefficient.empty() ? "" : "coefficient " + coefficient + ": ",
                     std::abs(term.standard_errors()), significance_text(term));
}

std::string changes_text(const CheckedReference& reference) {
  if (reference.shared.empty()) return "not known, as one of the two states no versions";
  if (reference.changes.empty())
    return fmt::format("none of what both state ({})", fmt::join(reference.shared, ", "));
  std::vector<std::string> changes;
  for (const VersionChange& change : reference.changes)
    changes.push_back(fmt::format("{} {} -> {}", printable(change.name), printable(change.before),
                                  printable(change.after)));
  return fmt::format("{}", fmt::join(changes, ", "));
}

std::string place_of(const Measurement& row) {
  return fmt::format("{}:{} {}", printable(row.file), row.line, printable(row.model));
}

std::string configuration_text(const Measurement& row) {
  std::string text = fmt::format("{}/{} {} x {} {}", row.weights.empty() ? "-" : printable(row.weights),
                                 row.kv.empty() ? "-" : printable(row.kv), row.workload.batch,
                                 row.workload.context_tokens(), name_of(row.metric));
  if (row.devices > 1) text += fmt::format(" on {}", describe(Placement{row.devices, row.split}));
  return row.options.empty() ? text : text + " " + printable(options_text(row.options), 40);
}

std::vector<OutsideRow> outside_rows(const CheckedGroup& group) {
  std::vector<OutsideRow> outside;
  add_outside_rows(group, outside);
  worst_first(outside);
  return outside;
}

std::vector<OutsideRow> outside_rows(const Drift& drift) {
  std::vector<OutsideRow> outside;
  for (const CheckedGroup& group : drift.groups) add_outside_rows(group, outside);
  std::unordered_map<std::size_t, std::size_t> place_of;
  std::vector<OutsideRow> once;
  for (const OutsideRow& row : outside) {
    const auto [place, is_first] = place_of.try_emplace(row.row->row, once.size());
    if (is_first)
      once.push_back(row);
    else
      once[place->second].of_both = true;
  }
  worst_first(once);
  return once;
}

std::string error_text(const CheckedRow& row) {
  return row.predicted_bytes > 0 ? fmt::format("{:+.2f} %", 100 * relative_error(row)) : "";
}

std::string interval_text(const OutsideRow& outside) {
  const Metric metric = outside.group->metric;
  return fmt::format("{} to {}", size_text(outside.row->low_bytes, metric),
                     size_text(outside.row->high_bytes, metric));
}

std::string outcome_text(const OutcomeChange& change, const CheckResult& result) {
  const Measurement& now = result.rows[change.row];
  const auto name = [](const std::string& outcome) { return outcome.empty() ? "ok" : printable(outcome); };
  std::string text =
      fmt::format("{} -> {}", name(result.old_rows[change.old_row].outcome), name(now.outcome));
  return now.reason.empty() ? text : fmt::format("{} ({})", text, printable(now.reason, 200));
}

std::string verdict(const CheckResult& result) {
  std::vector<std::string> parts;
  for (const Reference reference : references) {
    if (!result.references.contains(reference)) continue;
    const CheckTotals totals = totals_of(result.drift, reference);
    parts.push_back(fmt::format("against the {} {} of {} terms moved and {} of {} rows are outside",
                                name_of(reference), totals.moved, totals.terms, totals.outside, totals.rows));
  }
  if (const std::size_t failures = failures_of(result.drift.outcomes); failures > 0)
    parts.push_back(fmt::format("{} that worked {} now", counted(failures, "configuration"),
                                failures == 1 ? "breaks" : "break"));
  return fmt::format("check {}: {}", result.drift.fails() ? "FAILS" : "passes", fmt::join(parts, "; "));
}

std::string advice(const CheckResult& result) {
  if (!result.drift.fails()) return "";
  std::string text = "if the change is meant, ";
  if (result.references.contains(Reference::profile))
    text += "fit a new profile (\"calibram fit\", or \"calibram calibrate\" on this machine)";
  if (result.references.size() == 2) text += " and ";
  if (result.references.contains(Reference::baseline)) text += "make the new rows the baseline";
  text += "; if not, ";
  return text.append(where_to_look(result.drift));
}

std::vector<std::string> remarks(const CheckResult& result) {
  std::vector<std::string> remarks = result.notes;
  const OutcomeChanges& outcomes = result.drift.outcomes;
  add_remark(remarks, outcomes.missing, result.old_rows, "configuration",
             "of the baseline not measured again");
  add_remark(remarks, outcomes.added, result.rows, "new configuration", "without a row in the baseline");
  add_remark(remarks, outcomes.other_counter, result.rows, "row",
             "not held against the baseline, whose counter is another");
  add_caveats(remarks, result.drift);
  for (const std::string& name : result.drift.unchecked)
    remarks.push_back(fmt::format("not checked: the profile has no fit of {}", printable(name)));
  return remarks;
}

TextTable outside_table(const CheckResult& result, const std::vector<OutsideRow>& outside, std::string header,
                        std::string (*shown)(std::string_view)) {
  TextTable table{{{std::move(header)},
                   {"configuration"},
                   {"against"},
                   {"measured", Align::right},
                   {"expected", Align::right},
                   {"error", Align::right},
                   {"interval"}}};
  for (std::size_t i = 0; i < std::min(outside.size(), most_listed_rows); ++i) {
    const CheckedGroup* group = outside[i].group;
    const CheckedRow* row = outside[i].row;
    const Measurement& measured = result.rows[row->row];
    table.add_row({shown(place_of(measured)), shown(configuration_text(measured)),
                   std::string{outside[i].against()}, size_text(row->measured_bytes, group->metric),
                   size_text(row->predicted_bytes, group->metric), error_text(*row),
                   interval_text(outside[i])});
  }
  return table;
}

}  // namespace calibram
