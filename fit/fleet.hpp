// SPDX-License-Identifier: MIT
// Machines, or cards, of one kind that measured the same: how far each is from the others.
#pragma once

#include "fit/calibration.hpp"
#include "src/engine/measurement.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace calibram {

/// One machine beside the others.
struct FleetMember {
  std::string machine;
  std::size_t configurations = 0;  ///< that others measured too
  double offset_bytes = 0;         ///< mean over them of what it measured less the median of all machines
  double offset_error_bytes = 0;   ///< standard error of that mean, from how its differences scatter
  double largest_difference_bytes = 0;  ///< of one configuration, either way
  double relative_offset = 0;           ///< the same mean of differences relative to the median
  bool is_outlier = false;
};

/// The machines that measured one runtime and metric on one kind of device.
struct Fleet {
  std::string runtime;
  Metric metric = Metric::allocated;
  Placement placement{};
  std::vector<FleetMember> members;  ///< by name
  MachineSpread spread;              ///< of those that are no outliers

  /// "calibram rss".
  std::string name() const;
};

/// How often a fleet of equal machines has any outlier.
inline constexpr double outlier_significance = 0.001;

/// Compares the machines that the rows name, for each runtime, metric and placement that at least two
/// measured.
/// @param rows  of one device; those with an outcome, without a value or without a machine are not compared
std::vector<Fleet> fleets_of(const std::vector<Measurement>& rows);

}  // namespace calibram
