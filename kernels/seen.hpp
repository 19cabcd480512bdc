// SPDX-License-Identifier: MIT
// Which positions a query sees, and of which head: the one rule of every backend's attention.
#pragma once

#include "src/model/model.hpp"

#include <algorithm>
#include <cstdint>

namespace calibram {

/// One KV head of one sequence.
struct HeadPlace {
  std::int64_t sequence;
  std::int64_t kv_head;
};

/// Positions begin .. end - 1.
struct SeenRange {
  std::int64_t begin, end;
};

/// How far back a query sees, in positions, its own included; 0: no limit.
struct Sight {
  std::int64_t window = 0;  ///< this many
  std::int64_t chunk = 0;   ///< to the beginning of its own chunk of this many
};

inline Sight sight_of(const Attention& attention) {
  return {attention.window.value_or(0), attention.chunk.value_or(0)};
}

/// What a query at `position` sees: itself and what precedes it, within its sight.
constexpr SeenRange seen_from(std::int64_t position, Sight sight) {
  const std::int64_t window_begin = sight.window == 0 ? 0 : position - sight.window + 1;
  const std::int64_t chunk_begin = sight.chunk == 0 ? 0 : position - position % sight.chunk;
  return {std::max({window_begin, chunk_begin, std::int64_t{0}}), position + 1};
}

}  // namespace calibram
