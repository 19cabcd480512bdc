// SPDX-License-Identifier: MIT
// The configuration as it was measured, then every estimator, the interval, and the terms.
#include "bench/report/columns.hpp"

#include "src/core/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace calibram {
namespace {

/// Of the measurement record, in this order: what was run, where, when, and how it ended.
constexpr std::array<std::string_view, 18> kept_columns = {
    "model", "runtime", "weights", "kv",     "batch",   "prompt", "generate",    "context", "devices",
    "split", "options", "metric",  "device", "machine", "source", "measured_at", "outcome", "reason"};

template <class Number>
std::string text_or_blank(const std::optional<Number>& number) {
  return number ? fmt::format("{}", *number) : std::string{};
}

void add_configuration(std::vector<ReportColumn>& columns) {
  columns.push_back(
      {"file", "", "the measurements file", [](const EvaluatedRow& row) { return row.measurement.file; }});
  columns.push_back({"line", "", "the row's line in it",
                     [](const EvaluatedRow& row) { return std::to_string(row.measurement.line); }});
  for (const std::string_view name : kept_columns) {
    const auto known = measurement_columns();
    const auto column =
        std::find_if(known.begin(), known.end(), [&](const auto& c) { return c.name == name; });
    columns.push_back({std::string{name}, std::string{column->unit}, std::string{column->meaning},
                       [write = column->write](const EvaluatedRow& row) { return write(row.measurement); }});
  }
  columns.push_back({"measured", "bytes or tokens", "the value; tokens where the metric is kv_tokens",
                     [](const EvaluatedRow& row) { return text_or_blank(row.measurement.value); }});
}

void add_estimator(std::vector<ReportColumn>& columns, const std::string& name, std::size_t i) {
  columns.push_back({"predicted_" + name, "bytes or tokens",
                     "by this estimator; empty where it has no answer",
                     [i](const EvaluatedRow& row) { return text_or_blank(row.estimates[i]); }});
  columns.push_back(
      {"residual_" + name, "bytes or tokens", "predicted - measured", [i](const EvaluatedRow& row) {
         const auto residual = residual_of(row, i);
         return residual ? std::to_string(residual->value) : std::string{};
       }});
  columns.push_back({"relative_" + name, "fraction", "residual / measured: 0.01 is 1 % too much",
                     [i](const EvaluatedRow& row) {
                       const auto residual = residual_of(row, i);
                       return residual ? fmt::format("{}", residual->relative) : std::string{};
                     }});
}

template <Bytes Interval::*end>
ReportColumn interval_column(const char* name, const char* meaning) {
  return {name, "bytes", meaning, [](const EvaluatedRow& row) {
            const auto interval = interval_of(row);
            return interval ? std::to_string(((*interval).*end).count()) : std::string{};
          }};
}

void add_breakdown(std::vector<ReportColumn>& columns, const std::vector<std::string>& estimators) {
  columns.push_back({"best", "", "the estimator that interval and terms are of: the last that answers",
                     [estimators](const EvaluatedRow& row) {
                       return row.breakdown ? estimators[row.breakdown->estimator] : std::string{};
                     }});
  columns.push_back(
      interval_column<&Interval::low>("interval_low", "95 % prediction interval, its lower end"));
  columns.push_back(interval_column<&Interval::high>("interval_high", "its upper end"));
  columns.push_back(interval_column<&Interval::bound99>(
      "bound99", "one-sided 99 % bound: what decides whether a run fits"));
  for (std::size_t t = 0; t < term_count; ++t)
    columns.push_back({fmt::format("term_{}", term_names[t]), "bytes",
                       "of the best answer, where it has such a part", [t](const EvaluatedRow& row) {
                         return row.breakdown && row.breakdown->terms.total() != Bytes{}
                                    ? std::to_string(row.breakdown->terms[static_cast<Term>(t)].count())
                                    : std::string{};
                       }});
}

}  // namespace

std::vector<ReportColumn> report_columns(const std::vector<std::string>& estimators) {
  std::vector<ReportColumn> columns;
  add_configuration(columns);
  for (std::size_t i = 0; i < estimators.size(); ++i) add_estimator(columns, estimators[i], i);
  add_breakdown(columns, estimators);
  return columns;
}

TextTable report_dictionary() {
  TextTable table{{{"column"}, {"unit"}, {"meaning"}}};
  for (const ReportColumn& column : report_columns({"NAME"}))
    table.add_row({column.name, column.unit, column.meaning});
  return table;
}

std::string csv_report(const Report& report) {
  const std::vector<ReportColumn> columns = report_columns(report.evaluation.estimators);
  std::vector<std::string> fields;
  for (const ReportColumn& column : columns) fields.push_back(column.name);
  std::string text = csv_record(fields) + "\n";
  for (const EvaluatedRow& row : report.evaluation.rows) {
    std::transform(columns.begin(), columns.end(), fields.begin(),
                   [&](const ReportColumn& column) { return column.write(row); });
    text += csv_record(fields) + "\n";
  }
  return text;
}

}  // namespace calibram
