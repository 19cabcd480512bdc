// SPDX-License-Identifier: MIT
// How attention without tensor cores divides its work: heads among threads, shared memory, results of splits.
#pragma once

#include "kernels/cuda/attention.cuh"

#include <algorithm>
#include <bit>

namespace calibram {

/// How a block's threads take heads, in quads of 4 elements, the last one filled up with zeros: 2^lane_bits
/// threads have a head together, a quad each, and those beyond the quads none. Of more than 512 elements, all
/// threads have a second quad or none.
struct HeadQuads {
  static constexpr int threads = 128;

  int quads, lane_bits;

  explicit HeadQuads(int size)
      : quads{(size + 3) / 4},
        lane_bits{std::min(static_cast<int>(std::bit_width(static_cast<unsigned>(quads) - 1)), 7)} {}

  constexpr int groups() const { return threads >> lane_bits; }  ///< of threads that have a head each
  __device__ int lane(Thread& thread) const { return thread.index() & ((1 << lane_bits) - 1); }
  __device__ int group(Thread& thread) const { return thread.index() >> lane_bits; }
};

/// How a block of 8 queries divides its work. Below 48 KiB of shared memory up to 640 elements of a head, and
/// below the 64 KiB of compute capability 7.5 up to 1024.
struct PartTiling {
  static constexpr int threads = HeadQuads::threads, rows = 8;
  static constexpr int rows_at_once = 4;  ///< scores of one key that a thread computes together
  static constexpr int score_floats =
      threads * rows_at_once;  ///< of the keys in shared memory, by parts of the head
  static constexpr int mixed_floats = threads * rows * 4;

  HeadQuads key, value;  ///< values have a quad a thread, at most
  int stride;  ///< of keys and values, in floats: an odd number of quads, so that 8 neighbours are in
               ///< different banks
  int keys;    ///< in shared memory at a time

  PartTiling(int head_size, int value_size) : key{head_size}, value{value_size} {
    const int quads = std::max(key.quads, value.quads);
    stride = (quads | 1) * 4;
    keys = quads <= 32 ? 64 : quads <= 64 ? 32 : quads <= 160 ? 8 : 4;
  }

  constexpr int head_parts() const { return score_floats / rows / keys; }

  /// Where in shared memory things begin, in floats. Keys and values come first. Not std::max: nvcc makes a
  /// trap of a kernel that refers to a constant of a class by its address.
  constexpr int queries_at() const { return keys * stride > mixed_floats ? keys * stride : mixed_floats; }
  constexpr int scores_at() const { return queries_at() + rows * key.quads * 4; }
  constexpr int statistics_at() const { return scores_at() + score_floats; }
  constexpr int list_at() const { return statistics_at() + 2 * rows; }
  std::size_t shared_bytes() const {
    return static_cast<std::size_t>(list_at()) * sizeof(float) +
           static_cast<std::size_t>(keys) * sizeof(std::int64_t);
  }
};

/// What the splits leave for each row of each KV head: [pairs * rows, splits]. Null where one split is all.
struct Partials {
  float* maxima = nullptr;
  float* sums = nullptr;
  float* mixed = nullptr;  ///< [.., value_size], not yet divided by the sums
  int splits = 1;

  __device__ std::int64_t at(const HeadShape& shape, std::int64_t pair, int row, int split) const {
    return (pair * shape.rows() + row) * splits + split;
  }
};

}  // namespace calibram
