// SPDX-License-Identifier: MIT
// Fresh rows held against older rows of the same configurations: what both share of a model's offset cancels.
#pragma once

#include "fit/drift.hpp"

#include <map>
#include <string>
#include <vector>

namespace calibram {

/// Older rows, made comparable with fresh ones.
struct Baseline {
  std::vector<Measurement> rows;
  /// Of an engine's version that only fresh rows have: the version of the baseline that stands in.
  std::map<std::string, std::string> stand_ins;
};

/// Takes older rows as those of the fresh rows' device, if these are of one, and of their version of an
/// engine where the baseline lacks it.
Baseline as_baseline(std::vector<Measurement> old_rows, const std::vector<Measurement>& rows);

/// Every fresh row against the mean of its configuration's older rows; and per metric a weighted regression
/// of the differences on theory's terms, whose coefficients are 0 where nothing changed. A row's variance is
/// its counter's (what theory gets wrong is the same in both), times what the differences and the repeats of
/// a configuration scatter by. Where they do not tell terms apart, or theory cannot count: the mean
/// difference.
/// @param observations  of the fresh rows
/// @param outcomes      takes what is in one list alone, or ended otherwise
std::vector<CheckedGroup> check_against_baseline(const Baseline& baseline,
                                                 const std::vector<Measurement>& rows,
                                                 const Observations& observations, const DriftLimits& limits,
                                                 OutcomeChanges& outcomes);

}  // namespace calibram
