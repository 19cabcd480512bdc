// SPDX-License-Identifier: MIT
// Attention of 8 queries over a part of the keys, without tensor cores, of any format and head size.
#pragma once

#include "kernels/cuda/part_tiling.cuh"

#include <algorithm>

namespace calibram {

/// A block takes 8 rows (see HeadShape) of one KV head and a part of the keys that they see.
template <typename T>
struct PartAttention {
  HeadShape shape;
  PartTiling tiling;
  AnyElements queries, out;
  Sinks sinks;
  CacheView<T> cache;
  Partials partials;
  int row_tiles;

  static constexpr int threads = PartTiling::threads, block_rows = PartTiling::rows;
  using Four = Chunk<float, 4>;

  struct Part {
    std::int64_t pair;
    HeadPlace at;
    int first_row, split;
    SeenRange keys;
  };
  /// The running softmax of a row, in base 2: 16 threads have each row.
  struct Running {
    SeenRange seen;
    float maximum = -INFINITY, sum = 0;
  };

  __device__ void operator()(Thread& thread) const {
    const Part part = part_of(thread.block());
    const std::int64_t begin = part.keys.begin, end = part.keys.end;
    std::int64_t* list = list_of(thread);
    Running row;
    row.seen = shape.seen_by_row(std::min(part.first_row + own_row(thread), shape.rows() - 1));
    Four mixed[block_rows] = {};
    load_queries(thread, part);
    list_entries(thread, cache.rows, shape, part.at, begin, end, tiling.keys, list);
    thread.sync();
    for (std::int64_t key = begin; key < end; key += tiling.keys) {
      load_entries(thread, cache.keys, tiling.key);
      thread.sync();
      multiply_keys(thread);
      thread.sync();
      weigh(thread, key, row);
      load_entries(thread, cache.values, tiling.value);
      thread.sync();
      list_entries(thread, cache.rows, shape, part.at, key + tiling.keys, end, tiling.keys, list);
      add_values(thread, mixed);
      thread.sync();
    }
    finish(thread, part, row, mixed);
  }

 private:
  __device__ float* queries_of(Thread& thread) const { return thread.shared<float>() + tiling.queries_at(); }
  __device__ float* scores_of(Thread& thread) const { return thread.shared<float>() + tiling.scores_at(); }
  /// A factor of every row, or in the end its maximum and its sum.
  __device__ float* statistics_of(Thread& thread) const {
    return thread.shared<float>() + tiling.statistics_at();
  }
  __device__ std::int64_t* list_of(Thread& thread) const {
    return reinterpret_cast<std::int64_t*>(thread.shared<float>() + tiling.list_at());
  }

  __device__ Part part_of(std::int64_t block) const {
    const int split = static_cast<int>(block % partials.splits);
    const std::int64_t tile = block / partials.splits;
    const std::int64_t pair = tile / row_tiles;
    const int first = static_cast<int>(tile % row_tiles) * block_rows;
    const int last = std::min(first + block_rows, shape.rows()) - 1;
    const SeenRange seen{shape.seen_by_row(first).begin, shape.seen_by_row(last).end};
    // Whole tiles, so that only the last split has a broken one.
    const std::int64_t tiles = (seen.end - seen.begin + tiling.keys - 1) / tiling.keys;
    const std::int64_t share = (tiles + partials.splits - 1) / partials.splits * tiling.keys;
    const std::int64_t begin = std::min(seen.begin + split * share, seen.end);
    return {pair, shape.place(pair), first, split, {begin, std::min(begin + share, seen.end)}};
  }

  /// Half a warp has a row of scores.
  __device__ static int own_row(Thread& thread) { return thread.index() / 16; }

  __device__ void load_queries(Thread& thread, const Part& part) const {
    for (int row = 0; row < block_rows; ++row)
      for (int i = thread.index(); i < tiling.key.quads * 4; i += threads) {
        const int own = part.first_row + row;
        const bool exists = own < shape.rows() && i < shape.head_size;
        queries_of(thread)[row * tiling.key.quads * 4 + i] =
            exists ? queries[shape.step_head(part.at, own) * shape.head_size + i] : 0;
      }
  }

  /// Brings the listed entries into shared memory as FP32, zeros where there is none: what lies beyond the
  /// step is unknown, and NaN times a weight of 0 is NaN. Several loads are on their way at once.
  __device__ void load_entries(Thread& thread, const CacheEntries<T>& from, const HeadQuads& head) const {
    from.in_quads ? load_heads<true>(thread, from, head) : load_heads<false>(thread, from, head);
  }
  template <bool in_quads>
  __device__ void load_heads(Thread& thread, const CacheEntries<T>& from, const HeadQuads& head) const {
    constexpr int at_once = in_quads ? 8 : 2;  // more would not fit into the registers
    const std::int64_t* list = list_of(thread);
    const int step = head.groups();
    for (int quad = head.lane(thread); quad < head.quads; quad += HeadQuads::threads)
      for (int first = head.group(thread); first < tiling.keys; first += at_once * step) {
        Chunk<T, 4> loaded[std::size_t{at_once}];
        float scales[std::size_t{at_once}];
        CALIBRAM_UNROLL
        for (int i = 0; i < at_once; ++i) {
          const int key = first + i * step;
          const std::int64_t entry = key < tiling.keys ? list[key] : -1;
          loaded[i] = entry < 0 ? Chunk<T, 4>{} : load_quad<in_quads>(from, entry, quad);
          scales[i] = entry < 0 ? 0 : from.scale(entry);
        }
        CALIBRAM_UNROLL
        for (int i = 0; i < at_once; ++i) {
          const int key = first + i * step;
          if (key >= tiling.keys) break;
          Four four;
          for (int j = 0; j < 4; ++j) four.x[j] = as_float(loaded[i].x[j]) * scales[i];
          four.store(thread.shared<float>() + key * tiling.stride + quad * 4);
        }
      }
  }
  template <bool in_quads>
  __device__ static Chunk<T, 4> load_quad(const CacheEntries<T>& from, std::int64_t entry, int quad) {
    const T* head = from.at(entry) + quad * 4;
    if constexpr (in_quads) return Chunk<T, 4>::load(head);
    Chunk<T, 4> chunk{};
    for (int j = 0; j < 4; ++j)
      if (quad * 4 + j < from.size) chunk.x[j] = head[j];
    return chunk;
  }

  /// Scores are [part of the head][key][row]. A thread has one key, four rows, and the quads of a part.
  __device__ void multiply_keys(Thread& thread) const {
    const int key = thread.index() % tiling.keys, part = thread.index() / tiling.keys / 2;
    const int first_row = thread.index() / tiling.keys % 2 * PartTiling::rows_at_once;
    const int quads = tiling.key.quads;
    const float* right = thread.shared<float>() + key * tiling.stride;
    const float* left = queries_of(thread) + first_row * quads * 4;
    Four sums{};
    for (int quad = part; quad < quads; quad += tiling.head_parts()) {
      const Four k = Four::load(right + quad * 4);
      CALIBRAM_UNROLL
      for (int row = 0; row < PartTiling::rows_at_once; ++row) {
        const Four q = Four::load(left + (row * quads + quad) * 4);
        for (int j = 0; j < 4; ++j) sums.x[row] += q.x[j] * k.x[j];
      }
    }
    sums.store(scores_of(thread) + (part * tiling.keys + key) * block_rows + first_row);
  }

  /// Turns the scores of the keys from `first` on into weights, in the place of the first part's.
  __device__ void weigh(Thread& thread, std::int64_t first, Running& row) const {
    float* scores = scores_of(thread) + own_row(thread);
    float maximum = row.maximum;
    for (int key = thread.lane() % 16; key < tiling.keys; key += 16) {
      float score = 0;
      for (int i = key; i < PartTiling::score_floats / block_rows; i += tiling.keys)
        score += scores[i * block_rows];
      const bool seen = first + key >= row.seen.begin && first + key < row.seen.end;
      score = seen ? score * (shape.factor * log2_of_e) : -INFINITY;
      scores[key * block_rows] = score;
      maximum = fmaxf(maximum, score);
    }
    for (int distance = 8; distance > 0; distance /= 2)
      maximum = fmaxf(maximum, thread.from_lane(maximum, thread.lane() ^ distance));
    const float shift = maximum == -INFINITY ? 0 : maximum;
    const float factor = exp2f(row.maximum - shift);
    float sum = 0;
    for (int key = thread.lane() % 16; key < tiling.keys; key += 16) {
      const float weight = exp2f(scores[key * block_rows] - shift);
      scores[key * block_rows] = weight;
      sum += weight;
    }
    row.maximum = maximum;
    row.sum = row.sum * factor + sum;  // of this thread's keys
    if (thread.lane() % 16 == 0) statistics_of(thread)[own_row(thread)] = factor;
  }

  /// A thread has one quad of all rows, of every `groups`th key.
  __device__ void add_values(Thread& thread, Four (&mixed)[block_rows]) const {
    const float* weights = scores_of(thread);
    const float* factors = statistics_of(thread);
    const HeadQuads& head = tiling.value;
    const int quad = head.lane(thread);
    if (quad >= head.quads) return;
    CALIBRAM_UNROLL
    for (int row = 0; row < block_rows; ++row)
      for (int j = 0; j < 4; ++j) mixed[row].x[j] *= factors[row];
    for (int key = head.group(thread); key < tiling.keys; key += tiling.value.groups()) {
      const Four value = Four::load(thread.shared<float>() + key * tiling.stride + quad * 4);
      CALIBRAM_UNROLL
      for (int half = 0; half < 2; ++half) {
        const Four weight = Four::load(weights + key * block_rows + half * 4);
        CALIBRAM_UNROLL
        for (int row = 0; row < 4; ++row)
          for (int j = 0; j < 4; ++j) mixed[half * 4 + row].x[j] += weight.x[row] * value.x[j];
      }
    }
  }

  /// Adds up what the threads have of each row: [key group][row][element] in the place of the entries.
  __device__ void finish(Thread& thread, const Part& part, Running row,
                         const Four (&mixed)[block_rows]) const {
    const int quads = tiling.value.quads, quad = tiling.value.lane(thread),
              group = tiling.value.group(thread);
    float* together = thread.shared<float>();
    if (quad < quads) {
      CALIBRAM_UNROLL
      for (int i = 0; i < block_rows; ++i)
        mixed[i].store(together + ((group * block_rows + i) * quads + quad) * 4);
    }
    for (int distance = 8; distance > 0; distance /= 2)
      row.sum += thread.from_lane(row.sum, thread.lane() ^ distance);
    float* statistics = statistics_of(thread);
    if (thread.lane() % 16 == 0) {
      statistics[own_row(thread)] = row.maximum;
      statistics[block_rows + own_row(thread)] = row.sum;
    }
    thread.sync();
    for (int i = 0; i < block_rows && part.first_row + i < shape.rows(); ++i)
      for (int j = thread.index(); j < shape.value_size; j += threads) {
        float sum = 0;
        for (int k = 0; k < tiling.value.groups(); ++k) sum += together[(k * block_rows + i) * quads * 4 + j];
        write(part, i, j, sum, statistics);
      }
  }

  __device__ void write(const Part& part, int i, int j, float mixed, const float* statistics) const {
    const int row = part.first_row + i;
    const float maximum = statistics[i], sum = statistics[block_rows + i];
    if (partials.mixed == nullptr) {
      const float total = sum + sinks.weight(shape.head(part.at, row), maximum);
      return out.set(shape.step_head(part.at, row) * shape.value_size + j, mixed / total);
    }
    const std::int64_t at = partials.at(shape, part.pair, row, part.split);
    partials.mixed[at * shape.value_size + j] = mixed;
    if (j > 0) return;
    partials.maxima[at] = maximum;
    partials.sums[at] = sum;
  }
};

}  // namespace calibram
