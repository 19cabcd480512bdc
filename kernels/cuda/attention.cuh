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
  int heads, kv_heads, head_size, value_size, group;
  std::int64_t batch, tokens, start;
  Sight sight;
  float factor;  ///< 1 / sqrt(head_size)

  constexpr std::int64_t pairs() const { return batch * kv_heads; }  ///< of a sequence and a KV head
  constexpr HeadPlace place(std::int64_t pair) const { return {pair / kv_heads, pair % kv_heads}; }
  constexpr int rows() const { return static_cast<int>(tokens) * group; }

  constexpr SeenRange seen(std::int64_t position) const { return seen_from(position, sight); }
  constexpr SeenRange seen_by_row(int row) const { return seen(start + row / group); }

  constexpr std::int64_t head(HeadPlace at, int row) const { return at.kv_head * group + row % group; }
  /// A row's place among the heads of [batch * tokens, heads].
  constexpr std::int64_t step_head(HeadPlace at, int row) const {
    return (at.sequence * tokens + row / group) * heads + head(at, row);
  }
};

inline HeadShape shape_of(const Attention& attention, StepShape step) {
  const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
  const std::int64_t group = attention.heads / attention.kv_heads;
  require(step.tokens <= (std::int64_t{1} << 30) / group, "attention", "a step has too many tokens");
  return {narrow(attention.heads),
          narrow(attention.kv_heads),
          narrow(attention.head_size),
          narrow(attention.value_elements()),
          narrow(group),
          step.batch,
          step.tokens,
          step.start,
          sight_of(attention),
          1 / std::sqrt(static_cast<float>(attention.head_size))};
}

/// A logit for each query head beside its scores, whose weight goes into the sum alone; may be empty.
struct Sinks {
  AnyElements logits;

  /// What the sum of a row lacks, where the row's weights are relative to the score `reference` in base 2.
  __device__ float weight(std::int64_t head, float reference) const {
    return logits.empty() ? 0 : exp2f(logits[head] * log2_of_e - reference);
  }
};

/// The keys or the values in a cache (see CachePart). `entry` is row * kv_heads + KV head.
template <typename T>
struct CacheEntries {
  const T* first;       ///< entry's elements
  const float* scales;  ///< of INT8, one an entry
  int stride, size;     ///< of entries, in elements
  bool in_quads;        ///< all entries begin and end where four elements may be loaded at once

  __device__ const T* at(std::int64_t entry) const { return first + entry * stride; }
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
CacheEntries<T> entries_of(const CachePart& part) {
  const T* first = elements<T>(part.entries) + part.offset;
  const bool in_quads = reinterpret_cast<std::uintptr_t>(first) % (4 * sizeof(T)) == 0 &&
                        part.stride % 4 == 0 && part.size % 4 == 0;
  return {first, elements<float>(part.scales), static_cast<int>(part.stride), static_cast<int>(part.size),
          in_quads};
}

template <typename T>
CacheView<T> view_of(const KvCache& cache, const Attention& attention) {
  return {entries_of<T>(keys_in(cache, attention)), entries_of<T>(values_in(cache, attention)),
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
void attend_in_parts(cudaStream_t stream, const DeviceBuffer& workspace, const Attention& attention,
                     StepShape step, const Tensor& queries, const KvCache& cache, const Tensor& sinks,
                     const Tensor& out);

}  // namespace calibram
