// SPDX-License-Identifier: MIT
// New minus old, configuration by configuration: how they scatter, and which terms they follow.
#pragma once

#include "fit/drift.hpp"

#include <string_view>
#include <vector>

namespace calibram {

/// One configuration that both lists have, per device.
struct Difference {
  TermBytes terms;  ///< theory's; none where it cannot count
  std::string_view model;
  double variance = 0;  ///< of one row, by its counter
  Repeats now;
  double old_mean = 0, old_squares = 0;
  int old_count = 0;

  double value() const { return now.mean() - old_mean; }
  /// Variance of that, by the counter.
  double value_variance() const { return variance * (1.0 / now.count() + 1.0 / old_count); }
};

/// The terms that the differences tell apart, each with its change; then the mean difference, which sees what
/// follows no term.
/// @param counted          whether theory knows the terms
/// @param shared_variance  of what the rows of one run are off by together, in bytes^2: no number of them
///                         tells it from a change of the constant
std::vector<CheckedTerm> changed_terms(const std::vector<Difference>& differences, bool counted,
                                       double shared_variance);

/// How far rows scatter, and in how many deviations their interval ends.
struct RowSpread {
  double scale = 1;  ///< in units of the counter's deviation, not below 1
  double quantile = 0;
};
/// From the median of the differences' distances from their median, which half of the rows may leave without
/// moving it; the counter's own where there are too few to tell.
RowSpread spread_of(const std::vector<Difference>& differences, double confidence);

}  // namespace calibram
