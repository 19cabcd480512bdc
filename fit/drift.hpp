// SPDX-License-Identifier: MIT
// Fresh rows held against a profile and older rows: which left their interval, and which terms moved.
#pragma once

#include "fit/observations.hpp"
#include "fit/pairing.hpp"
#include "fit/profile.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// What a drift is judged by. Where nothing says how rows scatter the tolerance alone counts.
struct DriftLimits {
  double tolerance = 0.02;          ///< relative to what was expected; rows within it pass
  double row_confidence = 0.999;    ///< two-sided; rows within this interval pass
  double family_wise_error = 1e-4;  ///< of all tests of terms in a run together
};

/// What fresh rows are held against.
enum class Reference : unsigned char { profile, baseline };
constexpr std::string_view name_of(Reference reference) {
  return reference == Reference::profile ? "profile" : "baseline";
}

/// One row against what was expected; of several devices, what one of them takes on average.
struct CheckedRow {
  std::size_t row = 0;  ///< index among the rows that were given
  double measured_bytes = 0;
  double predicted_bytes = 0;            ///< by the profile; of a baseline the mean of its rows
  double deviation_bytes = 0;            ///< of their difference, if nothing moved
  double low_bytes = 0, high_bytes = 0;  ///< of the row's interval
  bool is_outside = false;
};

/// One term of a metric, or the metric as a whole where its rows cannot tell terms apart.
struct CheckedTerm {
  std::string term;            ///< "weights", ..., "constant"; empty for the whole metric
  double change_bytes = 0;     ///< mean over the rows
  double deviation_bytes = 0;  ///< of that change, if nothing moved; NaN where nothing says it
  int degrees = 1;             ///< of freedom of that deviation
  double p_value = 1;          ///< NaN where the deviation is not known
  /// Now, and in the profile; against a baseline the expected one is 1 (of the constant 0), since that is
  /// what a difference without change has. None for the whole metric.
  std::optional<double> coefficient, expected;
  bool has_moved = false;

  /// How many standard errors the change is.
  double standard_errors() const { return change_bytes == 0 ? 0 : change_bytes / deviation_bytes; }
};

/// The rows of one runtime and metric, against one reference.
struct CheckedGroup {
  Reference reference = Reference::profile;
  std::string runtime;
  Metric metric = Metric::allocated;
  Placement placement{};
  std::string reference_runtime;  ///< another version where the reference has none of this one
  std::vector<CheckedRow> rows;
  std::vector<CheckedTerm> terms;
  std::string caveat;  ///< what this test could not know; empty for nothing

  /// "vllm@0.19.0 other on 2 devices (tensor)".
  std::string name() const { return ProfileFit{runtime, metric, {}, {}, placement}.name(); }
  bool fails() const;
};

struct Drift {
  std::vector<CheckedGroup> groups;
  std::vector<std::string> unchecked;  ///< "runtime metric" without a fit in the profile
  OutcomeChanges outcomes;             ///< against the baseline
  std::size_t tests = 0;               ///< of terms, among which the family-wise error is shared

  bool fails() const;
};

/// Sets the row's interval, and whether it is outside that and the tolerance.
/// @param quantile  how many deviations the interval reaches to each side; NaN: the tolerance is the interval
void judge_row(CheckedRow& row, double quantile, const DriftLimits& limits);

/// How often chance alone changes a term this much.
double p_value_of(const CheckedTerm& term);

/// The groups of fresh rows against a profile's fits, whose own variance components say what is chance.
/// @param unchecked  takes the names of groups without a fit
std::vector<CheckedGroup> check_against_profile(const Profile& profile, const Observations& observations,
                                                const DriftLimits& limits,
                                                std::vector<std::string>& unchecked);

/// Bonferroni: however the tests hang together, one of them errs with at most the family's probability.
void judge_terms(Drift& drift, double family_wise_error);

/// Both of the above.
/// @param observations  of the fresh rows
Drift find_drift(const Profile& profile, const Observations& observations, const DriftLimits& limits);

}  // namespace calibram
