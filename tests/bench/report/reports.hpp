// SPDX-License-Identifier: MIT
// A small report whose every number is known.
#pragma once

#include "bench/report/report.hpp"

#include <utility>

namespace calibram {

/// A row of a model, measured with `value` bytes at `context` tokens; one rule and `calibrated` answer.
inline EvaluatedRow report_row(const std::string& model, std::int64_t value, std::int64_t context,
                               std::int64_t rule, std::int64_t calibrated) {
  EvaluatedRow row;
  row.measurement.model = model;
  row.measurement.weights = row.measurement.kv = "fp16";
  row.measurement.workload.prompt = context;
  row.measurement.metric = Metric::rss;
  row.measurement.value = value;
  row.measurement.device = "card";
  row.measurement.file = "rows.csv";
  row.estimates = {rule, calibrated};
  row.reasons = {"", ""};
  TermBytes terms;
  terms[Term::weights] = Bytes{calibrated - 10};
  terms[Term::constant] = Bytes{10};
  row.breakdown =
      Breakdown{1, terms, Interval{Bytes{calibrated - 5}, Bytes{calibrated + 5}, Bytes{calibrated + 6}}};
  return row;
}

/// Four rows of a model at 1, 2, 3 and 4 tokens, and one that ran out of memory.
inline Report small_report() {
  Report report;
  report.program = "calibram 1, commit abc";
  report.created = "2026-01-02T03:04:05Z";
  report.files = {"rows.csv"};
  report.evaluation.estimators = {"rule-1.2", "calibrated"};
  for (int i = 1; i <= 4; ++i) {
    report.evaluation.rows.push_back(report_row("m", 1000 * i, i, 1200 * i, 1000 * i + 10));
    report.evaluation.rows.back().measurement.line = i + 1;
    report.evaluation.rows.back().measurement.measured_at = "2026-01-0" + std::to_string(i);
    report.evaluation.rows.back().measurement.versions = {{"driver", "580." + std::to_string(i)}};
  }
  EvaluatedRow full = report_row("m", 0, 5, 0, 0);
  full.measurement.value.reset();
  full.measurement.outcome = "out_of_memory";
  full.measurement.line = 6;
  full.estimates = {std::nullopt, std::nullopt};
  full.breakdown.reset();
  report.evaluation.rows.push_back(full);
  report.evaluation.without_value = 1;
  report.evaluation.summaries = {
      {"rule-1.2", "calibram", "rss", "1", 4, 0, 0.2, 0.2, 0.2, 0.2, 0.0},
      {"calibrated", "calibram", "rss", "1", 4, 0, 0.0052, 0.004, 0.01, 0.005, 0.0}};
  report.devices = devices_of(report.evaluation);
  report.shapes = shapes_of(report.evaluation);
  return report;
}

}  // namespace calibram
