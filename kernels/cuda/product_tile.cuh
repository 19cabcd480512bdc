// SPDX-License-Identifier: MIT
// A tile of a matrix product whose factors are read by functions, element by element, through shared memory.
#pragma once

#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/thread.cuh"

#include <algorithm>

namespace calibram {

/// A block's part of a product: 64 x 64 sums, of which each of 256 threads has 4 x 4.
class ProductTile {
 public:
  static constexpr int threads = 256, size = 64, own = 4, depth = 32;
  static constexpr int stride = size + 4;  ///< of the factors in shared memory, [depth][row or column]
  static constexpr std::size_t shared_bytes = 2 * depth * stride * sizeof(float);

  /// Adds up left(row, k) * right(column, k) over all k < total. `right_by_column`: neighbouring k of `right`
  /// are neighbours in memory, not neighbouring columns.
  template <bool right_by_column, typename Left, typename Right>
  __device__ void add_product(Thread& thread, std::int64_t total, const Left& left, const Right& right) {
    float* lefts = thread.shared<float>();
    float* rights = lefts + depth * stride;
    for (std::int64_t first = 0; first < total; first += depth) {
      const int count = static_cast<int>(std::min<std::int64_t>(depth, total - first));
      for (int i = thread.index(); i < depth * size; i += threads) {
        const int k = i % depth, row = i / depth;
        lefts[k * stride + row] = k < count ? left(row, first + k) : 0;
      }
      for (int i = thread.index(); i < depth * size; i += threads) {
        const int k = right_by_column ? i % depth : i / size, column = right_by_column ? i / depth : i % size;
        rights[k * stride + column] = k < count ? right(column, first + k) : 0;
      }
      thread.sync();
      for (int k = 0; k < depth; ++k) add_outer(thread, lefts + k * stride, rights + k * stride);
      thread.sync();
    }
  }

  /// Calls f(row, column, sum) for this thread's sums.
  template <typename Function>
  __device__ void for_each(Thread& thread, const Function& f) const {
    CALIBRAM_UNROLL
    for (int i = 0; i < own; ++i) {
      CALIBRAM_UNROLL
      for (int j = 0; j < own; ++j) f(row_of(thread) + i, column_of(thread) + j, sums_[i].x[j]);
    }
  }

 private:
  using Four = Chunk<float, own>;

  __device__ static int row_of(Thread& thread) { return thread.index() / 16 * own; }
  __device__ static int column_of(Thread& thread) { return thread.index() % 16 * own; }

  __device__ void add_outer(Thread& thread, const float* lefts, const float* rights) {
    const Four left = Four::load(lefts + row_of(thread)), right = Four::load(rights + column_of(thread));
    CALIBRAM_UNROLL
    for (int i = 0; i < own; ++i) {
      CALIBRAM_UNROLL
      for (int j = 0; j < own; ++j) sums_[i].x[j] += left.x[i] * right.x[j];
    }
  }

  Four sums_[own] = {};
};

}  // namespace calibram
