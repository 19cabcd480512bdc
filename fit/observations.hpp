// SPDX-License-Identifier: MIT
// From measured rows to the observations of a fit: each row beside theory's terms for it.
#pragma once

#include "fit/calibration.hpp"
#include "src/engine/measurement.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace calibram {

/// Rows that one fit explains: of one runtime, metric and placement.
struct ObservationGroup {
  std::string runtime;
  Metric metric = Metric::allocated;
  std::vector<Observation> observations;
  NoiseModel noise;
  std::string counter;    ///< which kernel counter gave the values; empty when unknown
  Placement placement{};  ///< of several devices: observations are the mean of one
};

struct Observations {
  std::vector<ObservationGroup> groups;        ///< in the order of their first rows
  std::map<std::string, std::size_t> reasons;  ///< why rows were left out, and how often
};

/// Rows with an outcome, totals of several devices (they add peaks of different times), and those that theory
/// cannot count are left out with a reason.
/// @param models  loaded once, for the caller's other lists too
Observations observations_of(const std::vector<Measurement>& rows, ModelLibrary& models);
Observations observations_of(const std::vector<Measurement>& rows);

}  // namespace calibram
