// SPDX-License-Identifier: MIT
// Measurements beside what every estimator says of them, and the errors by group.
#pragma once

#include "fit/estimator.hpp"
#include "src/engine/measurement.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace calibram {

/// What an answer says beside its value.
struct Breakdown {
  std::size_t estimator = 0;  ///< whose answer it is
  TermBytes terms;
  std::optional<Interval> interval;
  bool extrapolates = false;
};

/// One measurement with its answers, in the order of the estimators and the unit of its metric; absent where
/// one cannot answer.
struct EvaluatedRow {
  Measurement measurement;
  std::vector<std::optional<std::int64_t>> estimates;
  std::vector<std::string> reasons;      ///< why there is no answer; empty where there is one
  std::optional<Breakdown> breakdown{};  ///< of the last estimator that answers: they are asked worst first
};

/// Whether a row can be held against an answer: it has a value above 0, and nothing went wrong.
bool is_evaluated(const Measurement& row);

/// Rows whose errors are summed up together: runtime, metric, and "1" card or "2+".
using RowGroup = std::tuple<std::string, std::string, std::string>;
RowGroup group_of(const Measurement& row);

/// The errors of one estimator over the rows of one runtime, metric and kind of placement. Relative to the
/// measured value; absent when no row was answered.
struct ErrorSummary {
  std::string estimator, runtime, metric;
  std::string devices;  ///< "1", or "2+": sums of the peaks of several cards
  std::size_t rows = 0, skipped = 0;
  std::optional<double> mean_abs{}, median_abs{}, max_abs{}, mean_signed{}, under{};
};

struct Evaluation {
  std::vector<std::string> estimators;
  std::vector<EvaluatedRow> rows;
  std::vector<ErrorSummary> summaries;
  /// Why rows were skipped: how many, by reason and estimator.
  std::map<std::string, std::map<std::string, std::size_t>> reasons;
  std::size_t without_value = 0;  ///< rows without a value or with 0, left out
};

/// @throws InputError where none of the rows that were evaluated has a value
void require_values(const Evaluation& evaluation, const std::vector<Measurement>& measurements);

/// Asks every estimator about every row.
Evaluation evaluate(const std::vector<Measurement>& measurements, const Estimators& estimators);

/// What a row shares with those that are left out together with it.
enum class LeftOut : unsigned char { model, batch };

/// The same, with `calibrated` fitted anew for each model, or batch size, on the rows of all others.
Evaluation evaluate_leaving_out(LeftOut left_out, const std::vector<Measurement>& measurements,
                                Estimators estimators);

}  // namespace calibram
