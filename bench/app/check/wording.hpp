// SPDX-License-Identifier: MIT
// The words and figures that every report of a check has.
#pragma once

#include "bench/app/check/report.hpp"
#include "src/core/text_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Lists for people end after so many rows with "and N more".
inline constexpr std::size_t most_listed_rows = 20;

struct CheckTotals {
  std::size_t rows = 0, outside = 0, terms = 0, moved = 0;
};
CheckTotals totals_of(const CheckedGroup& group);
/// Of all groups against one reference.
CheckTotals totals_of(const Drift& drift, Reference reference);

/// "1.50 GiB", "0.25 MiB", "12 KiB"; tokens where the metric counts those.
std::string size_text(double value, Metric metric);
/// The same with its sign.
std::string change_text(double value, Metric metric);

/// "weights", "constant", or the whole metric.
std::string subject_of(const CheckedTerm& term);

/// "1.0100, was 0.9999"; empty for what has no coefficient.
std::string coefficient_text(const CheckedTerm& term);
std::string significance_text(const CheckedTerm& term);
/// How many standard errors the change is, with its sign; empty where that is not known.
std::string standard_errors_text(const CheckedTerm& term);

/// "calibram rss: weights moved by +1.02 MiB in the mean of 141 rows (coefficient 1.0100, was 0.9999: 38.2
/// standard errors, p < 1e-12)".
std::string move_sentence(const CheckedGroup& group, const CheckedTerm& term);

/// "driver 580.65 -> 590.12, cuda_runtime 13.0 -> 13.1"; what nothing is known of is said.
std::string changes_text(const CheckedReference& reference);

/// "new.csv:17 qwen2-7b".
std::string place_of(const Measurement& row);
/// "qwen2-7b fp16/fp16 1 x 4096 attention=flash".
std::string configuration_text(const Measurement& row);

/// A row that left its interval, in the group that says so.
struct OutsideRow {
  const CheckedGroup* group;
  const CheckedRow* row;
  bool of_both = false;  ///< outside by the other reference too

  std::string_view against() const { return of_both ? "both" : name_of(group->reference); }
};
/// Those of a group, the largest relative error first.
std::vector<OutsideRow> outside_rows(const CheckedGroup& group);
/// Each row once; what is outside by both is the profile's.
std::vector<OutsideRow> outside_rows(const Drift& drift);
std::string error_text(const CheckedRow& row);
std::string interval_text(const OutsideRow& outside);
/// The first of them as a table. @param header  of the rows' places. @param shown  a file's text, made fit
TextTable outside_table(const CheckResult& result, const std::vector<OutsideRow>& outside, std::string header,
                        std::string (*shown)(std::string_view));

/// "ok -> out_of_memory (wanted 96 GiB)".
std::string outcome_text(const OutcomeChange& change, const CheckResult& result);

/// "check fails: 1 of 12 terms moved, 0 of 282 rows are outside, 2 configurations broke".
std::string verdict(const CheckResult& result);
/// What to do next; a sentence or two.
std::string advice(const CheckResult& result);
/// What the baseline and the fresh rows do not share, and what a test could not know.
std::vector<std::string> remarks(const CheckResult& result);

}  // namespace calibram
