// SPDX-License-Identifier: MIT
// Bringing the rows of each expert together, by counting: the one order of every backend.
#pragma once

#include <cstdint>
#include <vector>

namespace calibram {

/// Replaces the expert of each of `count` assignments, numbers from 0 to experts - 1, by its place when they
/// are sorted by expert, those of one expert as they were. `starts`: see Routes.
inline void sort_by_expert(std::int32_t* assignments, std::int64_t count, std::int64_t experts,
                           std::vector<std::int64_t>& starts) {
  starts.assign(static_cast<std::size_t>(experts) + 1, 0);
  for (std::int64_t i = 0; i < count; ++i) ++starts[static_cast<std::size_t>(assignments[i]) + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<std::int64_t> next = starts;
  for (std::int64_t i = 0; i < count; ++i)
    assignments[i] = static_cast<std::int32_t>(next[static_cast<std::size_t>(assignments[i])]++);
}

}  // namespace calibram
