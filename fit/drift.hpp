// SPDX-License-Identifier: MIT
// Fresh rows held against a profile: which rows left their interval, and which terms moved.
#pragma once

#include "fit/observations.hpp"
#include "fit/profile.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// What a drift is judged by. Where the profile's fit has no error model the tolerance alone counts.
struct DriftLimits {
  double tolerance = 0.02;          ///< relative to the prediction; rows within it pass
  double row_confidence = 0.999;    ///< two-sided; rows within this interval pass
  double family_wise_error = 1e-4;  ///< of all tests of terms in a run together
};

/// One row against its prediction; of several devices, what one of them takes on average.
struct CheckedRow {
  std::size_t row = 0;  ///< index among the rows that were given
  double measured_bytes = 0, predicted_bytes = 0;
  double deviation_bytes = 0;            ///< of their difference, if nothing moved
  double low_bytes = 0, high_bytes = 0;  ///< of the row's interval
  bool is_outside = false;
};

/// One term of a metric, or the metric as a whole where its rows cannot tell terms apart.
struct CheckedTerm {
  std::string term;                             ///< "weights", ..., "constant"; empty for the whole metric
  double change_bytes = 0;                      ///< mean over the rows
  double deviation_bytes = 0;                   ///< of that change, if nothing moved
  double p_value = 1;                           ///< NaN where the fit has no error model
  std::optional<double> coefficient, expected;  ///< now, and in the profile; none for the whole metric
  bool has_moved = false;
};

/// The rows of one runtime and metric.
struct CheckedGroup {
  std::string runtime;
  Metric metric = Metric::allocated;
  Placement placement{};
  std::string fitted_runtime;  ///< of the fit; another version where the profile has none of this one
  std::vector<CheckedRow> rows;
  std::vector<CheckedTerm> terms;

  /// "vllm@0.19.0 other on 2 devices (tensor)".
  std::string name() const { return ProfileFit{runtime, metric, {}, {}, placement}.name(); }
  bool fails() const;
};

struct Drift {
  std::vector<CheckedGroup> groups;
  std::vector<std::string> unchecked;  ///< "runtime metric" without a fit in the profile

  bool fails() const;
};

/// @param observations  of the fresh rows; the fits' own variance components say what is chance
Drift find_drift(const Profile& profile, const Observations& observations, const DriftLimits& limits);

}  // namespace calibram
