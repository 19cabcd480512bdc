// SPDX-License-Identifier: MIT
// What the attention kernels share: which rows and positions go together, and where they lie.
#pragma once

#include "kernels/cache_rows.hpp"
#include "kernels/cuda/device_memory.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/thread.cuh"
#include "kernels/seen.hpp"

#include <cuda_runtime_api.h>

#include <cmath>
#include <type_traits>

namespace calibram {

inline constexpr float log2_of_e = 1.44269504F;

/// The heads of a step. All query heads that share a KV head are taken together, token by token: row j is
/// token j / group of head j % group among them, so that positions rise from row to row.
struct HeadShape {
  int heads, kv_heads, head_size, group;
  std::int64_t batch, tokens, start;
  std::int64_t window;  ///< positions that a query sees, itself included; 0: all before it
  float factor;         ///< 1 / sqrt(head_size)

  constexpr std::int64_t pairs() const { return batch * kv_heads; }  ///< of a sequence and a KV head
  constexpr HeadPlace place(std::int64_t pair) const { return {pair / kv_heads, pair % kv_heads}; }
  constexpr int rows() const { return static_cast<int>(tokens) * group; }

  constexpr SeenRange seen(std::int64_t position) const { return seen_from(position, window); }
  constexpr SeenRange seen_by_row(int row) const { return seen(start + row / group); }

  /// Where a row begins in a tensor of [batch * tokens, heads * head_size].
  constexpr std::int64_t offset(HeadPlace at, int row) const {
    const std::int64_t head = at.kv_head * group + row % group;
    return ((at.sequence * tokens + row / group) * heads + head) * head_size;
  }
};

inline HeadShape shape_of(const Attention& attention, StepShape step) {
  const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
  const std::int64_t group = attention.heads / attention.kv_heads;
  require(step.tokens <= (std::int64_t{1} << 30) / group, "attention", "a step has too many tokens");
  return {narrow(attention.heads),
          narrow(attention.kv_heads),
          narrow(attention.head_size),
          narrow(group),
          step.batch,
          step.tokens,
          step.start,
          attention.window.value_or(0),
          1 / std::sqrt(static_cast<float>(attention.head_size))};
}

/// One half of a cache: its keys or its values. `entry` is row * kv_heads + KV head.
template <typename T>
struct CacheEntries {
  const T* values;
  const float* scales;  ///< of INT8, one an entry

  __device__ float scale(std::int64_t entry) const {
    if constexpr (std::is_same_v<T, std::int8_t>) return scales[entry];
    return 1;
  }
};

template <typename T>
struct CacheView {
  CacheEntries<T> keys, values;
  CacheRows rows;
};

template <typename T>
CacheView<T> view_of(const KvCache& cache) {
  return {{elements<T>(cache.keys), elements<float>(cache.key_scales)},
          {elements<T>(cache.values), elements<float>(cache.value_scales)},
          rows_of(cache)};
}

__device__ inline std::int64_t entry_at(const CacheRows& rows, const HeadShape& shape, HeadPlace at,
                                        std::int64_t position) {
  return rows.row(at.sequence, position) * shape.kv_heads + at.kv_head;
}

/// The entries at the `count` positions from `first` on go into shared memory: -1 from `end` on. Looking one
/// up takes divisions where a cache is paged, so it is done once for keys and values.
__device__ inline void list_entries(Thread& thread, const CacheRows& rows, const HeadShape& shape,
                                    HeadPlace at, std::int64_t first, std::int64_t end, int count,
                                    std::int64_t* entries) {
  for (int i = thread.index(); i < count; i += thread.count()) {
    const std::int64_t position = first + i;
    entries[i] = position < end ? entry_at(rows, shape, at, position) : -1;
  }
}

/// Attention of any format and head size without tensor cores, split over the keys where there are few
/// queries; the parts' results meet in `workspace`.
void attend_in_parts(cudaStream_t stream, const DeviceBuffer& workspace, const HeadShape& shape,
                     const Tensor& queries, const KvCache& cache, const Tensor& out);

}  // namespace calibram
