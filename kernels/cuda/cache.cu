// SPDX-License-Identifier: MIT
// Writing new keys and values into a cache, copying a cache, expanding its heads.
// Run it alone: cuda_tests --gtest_filter='Cache*', or without a card cuda_emulation_tests.
#include "kernels/cache_rows.hpp"
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/quantisation.cuh"

namespace calibram {
namespace {

/// Where the rows of a step lie in a cache.
struct Places {
  CacheRows cache;
  std::int64_t tokens, start;

  __device__ std::int64_t operator[](std::int64_t row) const {
    return cache.row(row / tokens, start + row % tokens);
  }
};

/// A block per row.
template <typename X, typename Entry>
struct AppendRow {
  const X* x;
  Entry* entries;
  std::int64_t rows, columns;
  Places places;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const X* from = x + row * columns;
      Entry* to = entries + places[row] * columns;
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) store(as_float(from[i]), to[i]);
    }
  }
};

/// A warp per head of a row.
template <typename X>
struct AppendQuantised {
  const X* x;
  std::int8_t* entries;
  float* scales;
  std::int64_t rows, heads, head_size;
  Places places;

  __device__ void operator()(Thread& thread) const {
    const int warps = thread.count() / warp_size;
    for (std::int64_t i = thread.block() * warps + thread.warp(); i < rows * heads;
         i += thread.blocks() * warps)
      append(thread, x + i * head_size, places[i / heads] * heads + i % heads);
  }

 private:
  /// @param place  of the head among those of the whole cache
  __device__ void append(Thread& thread, const X* from, std::int64_t place) const {
    float largest = 0;
    for (std::int64_t i = thread.lane(); i < head_size; i += warp_size)
      largest = Largest{}(largest, fabsf(as_float(from[i])));
    const float scale = int8_scale(warp_reduce(thread, largest, Largest{}));
    std::int8_t* to = entries + place * head_size;
    for (std::int64_t i = thread.lane(); i < head_size; i += warp_size)
      to[i] = to_int8(as_float(from[i]), scale);
    if (thread.lane() == 0) scales[place] = scale;
  }
};

template <typename X>
void append_quantised(cudaStream_t stream, const Tensor& x, const Tensor& entries, const Tensor& scales,
                      const Places& places) {
  const std::int64_t heads = element_count(scales) / entries.rows;
  launch(stream, grid_over(x.rows * heads * warp_size),
         AppendQuantised<X>{elements<X>(x), elements<std::int8_t>(entries), elements<float>(scales), x.rows,
                            heads, entries.columns / heads, places});
}

void append_to(cudaStream_t stream, const Tensor& x, const Tensor& entries, const Tensor& scales,
               const Places& places) {
  with_float(x, "append", [&](auto* in) {
    using X = Pointee<decltype(in)>;
    if (entries.element == Element::int8) return append_quantised<X>(stream, x, entries, scales, places);
    with_float(entries, "append", [&](auto* entry) {
      using Entry = Pointee<decltype(entry)>;
      launch(stream, grid_over_rows(x.rows),
             AppendRow<X, Entry>{elements<X>(x), elements<Entry>(entries), x.rows, x.columns, places});
    });
  });
}

/// Copies the first positions of every sequence from one part of a cache into another. A copy for each: a
/// strided one may not have strides of 2 GiB, which long caches have.
void copy_part(cudaStream_t stream, const Tensor& from, std::int64_t from_capacity, std::int64_t positions,
               const Tensor& to, std::int64_t to_capacity) {
  if (from.empty() && to.empty()) return;
  const std::int64_t row_bytes = from.columns * element_bytes(from.element);
  for (std::int64_t sequence = 0; sequence < from.rows / from_capacity; ++sequence)
    cuda_check(
        cudaMemcpyAsync(elements<std::byte>(to) + sequence * to_capacity * row_bytes,
                        elements<const std::byte>(from) + sequence * from_capacity * row_bytes,
                        static_cast<std::size_t>(positions * row_bytes), cudaMemcpyDeviceToDevice, stream),
        "copy a cache");
}

/// Copies heads in pieces of one Piece, a block per row.
template <typename Piece>
struct ExpandRow {
  const Piece* x;
  Piece* out;
  std::int64_t rows;
  int heads, kv_heads, head_pieces;

  __device__ void operator()(Thread& thread) const {
    const int group = heads / kv_heads;
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const Piece* from = x + row * kv_heads * head_pieces;
      Piece* to = out + row * heads * head_pieces;
      for (int i = thread.index(); i < heads * head_pieces; i += thread.count())
        to[i] = from[i / head_pieces / group * head_pieces + i % head_pieces];
    }
  }
};

template <typename Piece>
void expand(cudaStream_t stream, const Attention& attention, std::int64_t head_bytes, const Tensor& x,
            const Tensor& out) {
  const auto pieces = head_bytes / static_cast<std::int64_t>(sizeof(Piece));
  launch(stream, grid_over_rows(x.rows),
         ExpandRow<Piece>{elements<Piece>(x), elements<Piece>(out), x.rows, static_cast<int>(attention.heads),
                          static_cast<int>(attention.kv_heads), static_cast<int>(pieces)});
}

}  // namespace

void CudaOps::append(const Tensor& keys, const Tensor& values, StepShape step, KvCache& cache) {
  check_append(keys, values, step, cache);
  const Places places{rows_of(cache), step.tokens, step.start};
  append_to(stream_, keys, cache.keys, cache.key_scales, places);
  if (!values.empty()) append_to(stream_, values, cache.values, cache.value_scales, places);
}

void CudaOps::copy_cache(const KvCache& from, std::int64_t positions, KvCache& to) {
  if (positions == 0) return;
  check_copy_cache(from, positions, to);
  copy_part(stream_, from.keys, from.capacity, positions, to.keys, to.capacity);
  copy_part(stream_, from.values, from.capacity, positions, to.values, to.capacity);
  copy_part(stream_, from.key_scales, from.capacity, positions, to.key_scales, to.capacity);
  copy_part(stream_, from.value_scales, from.capacity, positions, to.value_scales, to.capacity);
}

void CudaOps::expand_heads(const Attention& attention, const Tensor& x, Tensor& out) {
  check_expand_heads(attention, x, out);
  // Of keys or of values, whose heads may have another size.
  const std::int64_t head_bytes = x.columns / attention.kv_heads * element_bytes(x.element);
  const bool in_packs = head_bytes % std::int64_t{pack_alignment} == 0;
  if (in_packs && is_aligned(x) && is_aligned(out))
    return expand<uint4>(stream_, attention, head_bytes, x, out);
  expand<unsigned char>(stream_, attention, head_bytes, x, out);
}

}  // namespace calibram
