// SPDX-License-Identifier: MIT
// What an estimate says, for people and for programs.
#pragma once

#include "fit/estimator.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// Memory that the answer is held against.
struct Capacity {
  std::string gpu;
  Bytes bytes, headroom;
  bool fits() const { return headroom >= Bytes{}; }
};

struct EstimateReport {
  const Question& question;
  std::string estimator;
  const Estimate& estimate;
  std::optional<Estimate> cache;  ///< what is left for the cache of an engine that fills a budget
  const std::vector<Capacity>& capacities;
};

/// Terms with their shares, the interval, the room of the cache, and whether it fits.
std::string estimate_text(const EstimateReport& report);

/// The same as one JSON document with a line end.
std::string estimate_json(const EstimateReport& report);

}  // namespace calibram
