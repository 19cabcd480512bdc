// SPDX-License-Identifier: MIT
// Access to the heads of caches.
#include "kernels/host/attention.hpp"

#include "kernels/host/elements.hpp"

namespace calibram {

void load_positions(const CachePart& part, const CacheRows& rows, std::int64_t kv_heads, HeadPlace place,
                    IndexRange positions, float* to) {
  for (std::int64_t i = 0; i < positions.count; ++i) {
    const std::int64_t entry = rows.row(place.sequence, positions.first + i) * kv_heads + place.kv_head;
    float* line = to + i * part.size;
    load(part.entries, entry * part.stride + part.offset, part.size, line);
    if (part.entries.element != Element::int8) continue;
    const float scale = elements<float>(part.scales)[entry];
    for (std::int64_t j = 0; j < part.size; ++j) line[j] *= scale;
  }
}

}  // namespace calibram
