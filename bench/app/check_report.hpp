// SPDX-License-Identifier: MIT
// What a check says, for people and for programs.
#pragma once

#include "fit/drift.hpp"
#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// A table of terms per runtime and metric, the rows outside their intervals, and the verdict.
/// @param rows  those that the drift's indices mean
std::string drift_text(const Drift& drift, const std::vector<Measurement>& rows, const DriftLimits& limits);

/// The same as one JSON document with a line end.
std::string drift_json(const Drift& drift, const std::vector<Measurement>& rows, const DriftLimits& limits);

}  // namespace calibram
