// SPDX-License-Identifier: MIT
// Where a position of a sequence lies in a KV cache, contiguous or paged: the one index computation of every
// backend.
#pragma once

#include "src/engine/ops.hpp"

#include <cstdint>
#include <numeric>

namespace calibram {

/// Rows of a cache's tensors by sequence and position.
struct CacheRows {
  std::int64_t capacity = 0;             ///< positions of a sequence; where paged, whole blocks of them
  std::int64_t block_tokens = 0;         ///< 0 where contiguous
  const std::int32_t* blocks = nullptr;  ///< [sequences, capacity / block_tokens], in the backend's memory

  constexpr std::int64_t row(std::int64_t sequence, std::int64_t position) const {
    if (block_tokens == 0) return sequence * capacity + position;
    const std::int64_t entry = sequence * (capacity / block_tokens) + position / block_tokens;
    return blocks[entry] * block_tokens + position % block_tokens;
  }
};

/// The step from one entry of a table of blocks to the next: about 0.618 of the blocks, and without a common
/// divisor, so that entry i * step % count is every block once, and neighbours lie far apart.
constexpr std::int64_t block_step(std::int64_t count) {
  std::int64_t step = count * 618 / 1000 + 1;
  while (std::gcd(step, count) != 1) ++step;
  return step;
}

/// The keys or the values in a cache, as attention reads them: those of KV head h in row r are `size`
/// elements from (r * kv_heads + h) * stride + offset on.
struct CachePart {
  const Tensor& entries;
  const Tensor& scales;  ///< of INT8, one an entry of a KV head
  std::int64_t stride, offset, size;
};

inline CachePart keys_in(const KvCache& cache, const Attention& attention) {
  return {cache.keys, cache.key_scales, attention.head_size, 0, attention.head_size};
}

/// Where there are no values, they are the last elements of the keys.
inline CachePart values_in(const KvCache& cache, const Attention& attention) {
  const std::int64_t size = attention.value_elements();
  if (!cache.values.empty()) return {cache.values, cache.value_scales, size, 0, size};
  return {cache.keys, cache.key_scales, attention.head_size, attention.head_size - size, size};
}

inline CacheRows rows_of(const KvCache& cache) {
  return {cache.capacity, cache.block_tokens, static_cast<const std::int32_t*>(cache.blocks.data)};
}

}  // namespace calibram
