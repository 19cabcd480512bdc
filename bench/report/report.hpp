// SPDX-License-Identifier: MIT
// What a report says, before it is written as CSV, Markdown or a page: every number is computed here, once.
#pragma once

#include "bench/app/fit/shapes.hpp"
#include "fit/evaluation.hpp"
#include "fit/history.hpp"
#include "fit/profile.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace calibram {

/// One device, and what its rows say of who measured them, when and with what.
struct ReportDevice {
  std::string name;
  std::size_t rows = 0;
  std::set<std::string> machines{}, sources{};
  std::string first_at{}, last_at{};  ///< ISO 8601; empty where no row says
  std::map<std::string, std::set<std::string>> versions{};
};

/// The sweeps of one device, and every coefficient over them.
struct ReportHistory {
  History history;
  std::vector<HistorySeries> series;
};

struct Report {
  std::string program;  ///< "calibram 0.1.0, commit abc"
  std::string created;  ///< ISO 8601, UTC
  std::vector<std::string> files;
  std::vector<ReportDevice> devices;
  Evaluation evaluation;      ///< its rows are all rows, those that cannot be evaluated too
  std::string fits_from;      ///< "these rows", or the profile's file
  std::string calibrated_by;  ///< what the estimator `calibrated` has seen; empty without one
  std::vector<std::pair<std::string, std::string>> profile;  ///< what it says of itself; empty without one
  std::vector<ProfileFit> fits;
  std::vector<Shape> shapes;             ///< rows are indices into the evaluation's
  std::vector<ReportHistory> histories;  ///< of devices with several sweeps
};

/// A row's distance from an estimate.
struct Residual {
  std::int64_t value = 0;  ///< predicted - measured, in the unit of the metric
  double relative = 0;     ///< to what was measured, with six digits
};

/// Absent for a row without value or answer.
std::optional<Residual> residual_of(const EvaluatedRow& row, std::size_t estimator);

/// The interval of a row's best answer in the unit of its metric: none where that counts tokens.
std::optional<Interval> interval_of(const EvaluatedRow& row);

/// What a person would repeat of one group: how far off the best estimator and the best rule of thumb are.
struct Conclusion {
  RowGroup group;
  const ErrorSummary* best = nullptr;       ///< the last estimator that answers; null for none
  const ErrorSummary* best_rule = nullptr;  ///< the rule of thumb with the least mean error
};
std::vector<Conclusion> conclusions_of(const Evaluation& evaluation);

/// "rss of calibram", "allocated of transformers@4.38.2, 2+ cards".
std::string group_text(const RowGroup& group);

/// As a sentence without a full stop.
std::string conclusion_text(const Conclusion& conclusion);

/// How many rows are not evaluated, and why, as a sentence without a full stop; empty for none.
std::string left_out_text(const Evaluation& evaluation);

/// The rows with the largest relative residuals of their best answers, the worst first.
std::vector<const EvaluatedRow*> worst_rows(const Evaluation& evaluation, std::size_t count);

/// Puts rows that cannot be evaluated back between those that were.
void put_back(std::vector<Measurement> measurements, Evaluation& evaluation);

/// Device, driver, when, by which commit and with which versions a profile was made.
std::vector<std::pair<std::string, std::string>> description_of(const Profile& profile);

std::vector<ReportDevice> devices_of(const Evaluation& evaluation);
std::vector<Shape> shapes_of(const Evaluation& evaluation);

/// Of each device that several files have rows of.
std::vector<ReportHistory> histories_of(const Evaluation& evaluation);

}  // namespace calibram
