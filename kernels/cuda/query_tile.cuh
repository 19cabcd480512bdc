// SPDX-License-Identifier: MIT
// Attention of 64 queries on tensor cores: keys and values pass by in tiles under a running softmax, after
// Milakov and Gimelshein (arXiv:1805.02867) and Dao et al. (arXiv:2205.14135).
#pragma once

#include "kernels/cuda/attention.cuh"
#include "kernels/cuda/matrix_tile.cuh"

namespace calibram {

/// Sizes for heads of up to `head_class` elements. Four warps have 16 queries each. Rows in shared memory are
/// longer than their elements, so that neighbouring rows lie in different banks. Below 48 KiB up to 128
/// elements, and below the 64 KiB of compute capability 7.5 beyond.
template <int head_class>
struct QueryTiling {
  static constexpr int threads = 128, queries = threads / warp_size * matrix_size;
  static constexpr int keys = head_class <= 64 ? 64 : head_class <= 128 ? 32 : 16;
  static constexpr int stride = head_class + 8;  ///< of queries, keys and values, FP16
  static constexpr int score_stride = keys + 8;  ///< of scores, FP32
  static constexpr int chunks = head_class / 8;  ///< of 8 elements in a row
  static constexpr int warp_scores = matrix_size * score_stride;

  static constexpr std::size_t keys_at = queries * stride * sizeof(__half);
  static constexpr std::size_t values_at = keys_at + keys * stride * sizeof(__half);
  static constexpr std::size_t scores_at = values_at + keys * stride * sizeof(__half);
  static constexpr std::size_t entries_at = scores_at + threads / warp_size * warp_scores * sizeof(float);
  static constexpr std::size_t key_scales_at = entries_at + keys * sizeof(std::int64_t);
  static constexpr std::size_t value_scales_at = key_scales_at + keys * sizeof(float);
  static constexpr std::size_t unit_at = value_scales_at + keys * sizeof(float);
  static constexpr std::size_t shared_bytes = unit_at + sizeof(float);
  static_assert(shared_bytes <= (head_class <= 128 ? 48 : 64) * 1024);
};

/// A block takes 64 rows (see HeadShape) of one KV head. The sums of values stay in registers, with an
/// unknown place for each element: rows are rescaled through shared memory, and only when a maximum rose so
/// far that FP16 weights could overflow.
template <int head_class, typename T>
struct QueryTileAttention : QueryTiling<head_class> {
  using Tiling = QueryTiling<head_class>;
  using Tiling::keys, Tiling::queries, Tiling::stride, Tiling::score_stride, Tiling::threads, Tiling::chunks;

  HeadShape shape;
  const __half* query;
  CacheView<T> cache;
  Sinks sinks;
  AnyElements out;
  std::int64_t tiles;  ///< of one KV head

  __device__ void operator()(Thread& thread) const;

#ifdef CALIBRAM_TENSOR_CORES
 private:
  static constexpr float most_rise = 8;                   ///< weights are up to 2^8
  static constexpr int weight_stride = 2 * score_stride;  ///< FP16 in the place of FP32
  using Own = Chunk<float, 4>[std::size_t{keys / 8}];
  using Mixed = SumTile[std::size_t{head_class / matrix_size}];

  struct Tile {
    HeadPlace at;
    int first_row;
    SeenRange seen;  ///< by any of its queries
  };
  /// The running softmax of a row, in base 2. Two threads have each row and half of the keys each.
  struct Running {
    SeenRange seen;
    float reference = -INFINITY;  ///< about the greatest score so far
    float sum = 0;                ///< of this thread's weights
  };

  /// Long rows come first, so that the last blocks to start are short.
  __device__ Tile tile_of(std::int64_t block) const {
    const HeadPlace at = shape.place(block % shape.pairs());
    const int first = static_cast<int>(tiles - 1 - block / shape.pairs()) * queries;
    const int last = std::min(first + queries, shape.rows()) - 1;
    return {at, first, {shape.seen_by_row(first).begin, shape.seen_by_row(last).end}};
  }
  __device__ int own_row(Thread& thread) const { return thread.warp() * matrix_size + thread.lane() / 2; }
  /// The warp's scores, then its weights, then whatever passes between matrices and rows.
  __device__ float* scores_of(Thread& thread) const {
    return thread.shared<float>(Tiling::scores_at) + thread.warp() * Tiling::warp_scores;
  }

  __device__ void load_queries(Thread& thread, const Tile& tile) const {
    for (int i = thread.index(); i < queries * chunks; i += threads) {
      const int row = i / chunks, column = i % chunks * 8;
      Chunk<__half, 8> chunk{};
      if (tile.first_row + row < shape.rows() && column < shape.head_size)
        chunk = chunk.load(query + shape.step_head(tile.at, tile.first_row + row) * shape.head_size + column);
      chunk.store(thread.shared<__half>() + row * stride + column);
    }
  }

  /// What the weights of values are relative to: the greatest scale in sight. It stays in shared memory.
  __device__ void find_unit(Thread& thread, const Tile& tile) const {
    if constexpr (std::is_same_v<T, __half>) return;
    float greatest = 0;
    for (std::int64_t position = tile.seen.begin + thread.index(); position < tile.seen.end;
         position += threads)
      greatest = fmaxf(greatest, fabsf(cache.values.scale(entry_at(cache.rows, shape, tile.at, position))));
    greatest = block_reduce(thread, greatest, thread.shared<float>(Tiling::scores_at), 0, Largest{});
    if (thread.index() == 0) *thread.shared<float>(Tiling::unit_at) = greatest > 0 ? greatest : 1;
  }
  __device__ float unit(Thread& thread) const {
    return std::is_same_v<T, __half> ? 1 : *thread.shared<float>(Tiling::unit_at);
  }

  /// Brings the listed entries into shared memory as FP16, zeros where there is none: what lies beyond the
  /// step is unknown, and NaN times a weight of 0 is NaN. INT8 is exact in FP16: the scales, times `factor`,
  /// are kept apart, so that nothing is rounded. All loads are on their way before the first store.
  __device__ void load_entries(Thread& thread, const CacheEntries<T>& from, float factor, std::size_t to,
                               std::size_t scales_to) const {
    constexpr int count = keys * chunks / threads;
    const std::int64_t* entries = thread.shared<std::int64_t>(Tiling::entries_at);
    Chunk<T, 8> loaded[std::size_t{count}];
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i) {
      const int index = thread.index() + i * threads, column = index % chunks * 8;
      const std::int64_t entry = entries[index / chunks];
      const bool exists = entry >= 0 && column < shape.head_size;
      loaded[i] = exists ? Chunk<T, 8>::load(from.at(entry) + column) : Chunk<T, 8>{};
    }
    for (int i = thread.index(); i < keys; i += threads)
      thread.shared<float>(scales_to)[i] = entries[i] >= 0 ? from.scale(entries[i]) * factor : 0;
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i) {
      const int index = thread.index() + i * threads;
      as_half(loaded[i]).store(thread.shared<__half>(to) + index / chunks * stride + index % chunks * 8);
    }
  }
  __device__ static Chunk<__half, 8> as_half(const Chunk<__half, 8>& chunk) { return chunk; }
  __device__ static Chunk<__half, 8> as_half(const Chunk<std::int8_t, 8>& chunk) {
    Chunk<__half, 8> halves;
    CALIBRAM_UNROLL
    for (int i = 0; i < 8; ++i) store(as_float(chunk.x[i]), halves.x[i]);
    return halves;
  }

  __device__ void multiply_keys(Thread& thread) const {
    const __half* left = thread.shared<__half>() + thread.warp() * matrix_size * stride;
    const __half* right = thread.shared<__half>(Tiling::keys_at);
    SumTile scores[std::size_t{keys / matrix_size}];
    CALIBRAM_UNROLL
    for (SumTile& part : scores) part.clear(thread);
    CALIBRAM_UNROLL
    for (int depth = 0; depth < head_class; depth += matrix_size) {
      if (depth >= shape.head_size) break;
      FactorTile<Side::left> factor;
      factor.load(thread, left + depth, stride);
      CALIBRAM_UNROLL
      for (int i = 0; i < keys / matrix_size; ++i) {
        FactorTile<Side::right_transposed> key;
        key.load(thread, right + i * matrix_size * stride + depth, stride);
        scores[i].add_product(thread, factor, key);
      }
    }
    CALIBRAM_UNROLL
    for (int i = 0; i < keys / matrix_size; ++i)
      scores[i].store(thread, scores_of(thread) + i * matrix_size, score_stride);
  }

  /// This thread's scores of the keys from `first` on, in base 2, -inf where the query does not look; returns
  /// the row's greatest.
  __device__ float read_scores(Thread& thread, std::int64_t first, const Running& row, Own& own) const {
    const float* scores = scores_of(thread) + thread.lane() / 2 * score_stride;
    const float* scales = thread.shared<float>(Tiling::key_scales_at);
    const int begin = static_cast<int>(row.seen.begin - first), end = static_cast<int>(row.seen.end - first);
    float maximum = row.reference;
    CALIBRAM_UNROLL
    for (int i = 0; i < keys / 8; ++i) {
      own[i] = Chunk<float, 4>::load(scores + own_key(thread, i));
      const auto scale = Chunk<float, 4>::load(scales + own_key(thread, i));
      CALIBRAM_UNROLL
      for (int j = 0; j < 4; ++j) {
        const int key = own_key(thread, i) + j;
        own[i].x[j] = key >= begin && key < end ? own[i].x[j] * scale.x[j] : -INFINITY;
        maximum = fmaxf(maximum, own[i].x[j]);
      }
    }
    return fmaxf(maximum, thread.from_lane(maximum, thread.lane() ^ 1));
  }

  /// Turns the warp's scores of the keys from `first` on into FP16 weights of INT8 or FP16 values, in the
  /// same place.
  __device__ void weigh(Thread& thread, std::int64_t first, Running& row, Mixed& mixed) const {
    Own own;
    const float maximum = read_scores(thread, first, row, own);
    sync_warp(thread);  // all scores have been read; the vote that follows orders no memory
    if (any_of_warp(thread, maximum > row.reference + most_rise)) raise(thread, maximum, row, mixed);
    const float reference = row.reference == -INFINITY ? 0 : row.reference;
    const float* scales = thread.shared<float>(Tiling::value_scales_at);
    __half* weights = reinterpret_cast<__half*>(scores_of(thread)) + thread.lane() / 2 * weight_stride;
    CALIBRAM_UNROLL
    for (int i = 0; i < keys / 8; ++i) {
      Chunk<__half, 4> halves;
      const auto scale = Chunk<float, 4>::load(scales + own_key(thread, i));
      CALIBRAM_UNROLL
      for (int j = 0; j < 4; ++j) {
        const float weight = exp2f(own[i].x[j] - reference);
        store(weight * scale.x[j], halves.x[j]);
        row.sum += std::is_same_v<T, __half> ? as_float(halves.x[j]) : weight;  // rounded where it can be
      }
      halves.store(weights + own_key(thread, i));
    }
  }
  /// The first of the `i`th four keys of this thread.
  __device__ static int own_key(Thread& thread, int i) { return (2 * i + thread.lane() % 2) * 4; }

  /// Brings what was summed before to a greater maximum.
  __device__ void raise(Thread& thread, float maximum, Running& row, Mixed& mixed) const {
    const float factor = row.reference == -INFINITY ? 0 : exp2f(row.reference - maximum);
    row.reference = maximum;
    row.sum *= factor;
    CALIBRAM_UNROLL
    for (int i = 0; i < head_class / matrix_size; ++i) {
      if (i * matrix_size >= shape.head_size) break;
      float* own = as_rows(thread, mixed[i]);
      for (int j = 0; j < 8; ++j) own[j] *= factor;
      sync_warp(thread);
      mixed[i].load(thread, scores_of(thread), score_stride);
      sync_warp(thread);
    }
  }
  /// Lays a matrix out in shared memory; returns this thread's 8 elements of its own row.
  __device__ float* as_rows(Thread& thread, SumTile& matrix) const {
    matrix.store(thread, scores_of(thread), score_stride);
    sync_warp(thread);
    return scores_of(thread) + thread.lane() / 2 * score_stride + thread.lane() % 2 * 8;
  }

  __device__ void add_values(Thread& thread, Mixed& mixed) const {
    const __half* left = reinterpret_cast<const __half*>(scores_of(thread));
    const __half* right = thread.shared<__half>(Tiling::values_at);
    CALIBRAM_UNROLL
    for (int key = 0; key < keys; key += matrix_size) {
      FactorTile<Side::left> weights;
      weights.load(thread, left + key, weight_stride);
      CALIBRAM_UNROLL
      for (int i = 0; i < head_class / matrix_size; ++i) {
        if (i * matrix_size >= shape.head_size) break;
        FactorTile<Side::right> value;
        value.load(thread, right + key * stride + i * matrix_size, stride);
        mixed[i].add_product(thread, weights, value);
      }
    }
  }

  __device__ void write(Thread& thread, const Tile& tile, const Running& row, Mixed& mixed) const {
    const int own = tile.first_row + own_row(thread);
    const float sum = row.sum + thread.from_lane(row.sum, thread.lane() ^ 1) +
                      sinks.weight(shape.head(tile.at, own), row.reference);
    CALIBRAM_UNROLL
    for (int i = 0; i < head_class / matrix_size; ++i) {
      if (i * matrix_size >= shape.head_size) break;
      const float* from = as_rows(thread, mixed[i]);
      const std::int64_t column = i * matrix_size + thread.lane() % 2 * 8;
      if (own < shape.rows())
        for (int j = 0; j < 8; ++j)
          out.set(shape.step_head(tile.at, own) * shape.head_size + column + j, from[j] / sum * unit(thread));
      sync_warp(thread);
    }
  }
#endif
};

template <int head_class, typename T>
__device__ void QueryTileAttention<head_class, T>::operator()(Thread& thread) const {
#ifdef CALIBRAM_TENSOR_CORES
  const Tile tile = tile_of(thread.block());
  std::int64_t* entries = thread.shared<std::int64_t>(Tiling::entries_at);
  Running row;
  row.seen = shape.seen_by_row(std::min(tile.first_row + own_row(thread), shape.rows() - 1));
  Mixed mixed;
  CALIBRAM_UNROLL
  for (SumTile& part : mixed) part.clear(thread);
  find_unit(thread, tile);
  load_queries(thread, tile);
  list_entries(thread, cache.rows, shape, tile.at, tile.seen.begin, tile.seen.end, keys, entries);
  thread.sync();
  for (std::int64_t key = tile.seen.begin; key < tile.seen.end; key += keys) {
    load_entries(thread, cache.keys, shape.factor * log2_of_e, Tiling::keys_at, Tiling::key_scales_at);
    load_entries(thread, cache.values, 1 / unit(thread), Tiling::values_at, Tiling::value_scales_at);
    thread.sync();
    list_entries(thread, cache.rows, shape, tile.at, key + keys, tile.seen.end, keys, entries);
    multiply_keys(thread);
    sync_warp(thread);
    weigh(thread, key, row, mixed);
    sync_warp(thread);
    add_values(thread, mixed);
    thread.sync();
  }
  write(thread, tile, row, mixed);
#endif
}

}  // namespace calibram
