// SPDX-License-Identifier: MIT
// What calibram watch tells a person at the end.
#pragma once

#include "bench/watch/watch.hpp"
#include "src/engine/measurement.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// What an estimator said of a row before it was measured.
struct Prediction {
  std::string estimator;
  std::optional<std::int64_t> total_bytes;  ///< absent where it cannot answer
  std::string reason;                       ///< why not
};

/// A row and what had been predicted of it; none where no model was named.
struct WatchedRow {
  Measurement row;
  std::optional<Prediction> prediction;
};

/// A table of the peaks, and notes on what has none.
std::string watch_report(const WatchResult& result, const std::vector<WatchedRow>& rows);

}  // namespace calibram
