// SPDX-License-Identifier: MIT
// What streamed and eager attention share: visibility, and access to the heads of queries and caches.
#pragma once

#include "kernels/cache_rows.hpp"
#include "kernels/seen.hpp"
#include "src/engine/ops.hpp"

namespace calibram {

/// What a query at `position` sees.
inline SeenRange seen(const Attention& attention, std::int64_t position) {
  return seen_from(position, sight_of(attention));
}

/// Reads positions first .. first + count - 1 of a head as a dense [count, part.size] tile.
void load_positions(const CachePart& part, const CacheRows& rows, std::int64_t kv_heads, HeadPlace place,
                    IndexRange positions, float* to);

}  // namespace calibram
