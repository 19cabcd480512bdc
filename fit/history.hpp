// SPDX-License-Identifier: MIT
// The sweeps of one device, one after another: each coefficient over time, and what changed beside it.
#pragma once

#include "fit/profile.hpp"
#include "src/engine/provenance.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// The rows of one sweep, as they come from its file.
struct Sweep {
  std::string file;
  std::vector<Measurement> rows;  ///< of one device
};

/// One sweep and its fits.
struct HistoryRun {
  std::string file;
  std::string measured_at;  ///< of its first row, ISO 8601; else the date in the file's name
  std::size_t rows = 0;
  Versions versions;                   ///< of what took part, engines included
  std::vector<VersionChange> changes;  ///< since the run before; none of the first
  std::vector<ProfileFit> fits;
  std::vector<std::string> not_fitted;  ///< reasons
};

/// A coefficient as one run found it, from its data rows alone.
struct HistoryPoint {
  std::size_t run = 0;   ///< index among the runs
  double value = 0;      ///< a coefficient; bytes of the constant
  double std_error = 0;  ///< same unit
  int degrees = 1;       ///< of freedom: models - 1
  /// How often chance alone moves it this much from the run before that has it; absent for the first.
  std::optional<double> p_unchanged{};
};

/// One term of one runtime, metric and placement over the runs that determine it.
struct HistorySeries {
  std::string fit;   ///< "calibram rss"; the engine's version is left out where a sweep has one of it
  std::string term;  ///< "weights", ..., "constant"
  std::vector<HistoryPoint> points;
};

/// The history of one device, in the order of time.
struct History {
  std::string device;
  std::vector<HistoryRun> runs;

  /// Every term that some run determines, fit after fit.
  std::vector<HistorySeries> series() const;
};

/// One history per device, in the order of their first sweeps. Sweeps are put in the order of time.
/// @throws InputError when a sweep has rows of several devices, naming the row
std::vector<History> histories_of(std::vector<Sweep> sweeps);

}  // namespace calibram
