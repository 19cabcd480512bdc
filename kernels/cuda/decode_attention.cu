// SPDX-License-Identifier: MIT
// Attention without tensor cores, of any format and head size, split over the keys so that few queries keep a
// card busy (Dao et al., "Flash-Decoding", pytorch.org/blog/flash-decoding): decoding, and what tensor cores
// do not take.
// Run it alone: cuda_tests --gtest_filter='*Attend*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/part_attention.cuh"

#include <algorithm>

namespace calibram {
namespace {

constexpr std::int64_t most_splits = 512;
constexpr std::int64_t least_split_keys = 256;

/// A block puts the splits of one row together. Each warp takes every eighth split.
struct JoinParts {
  static constexpr int threads = 256, warps = threads / warp_size;
  static constexpr int most_elements = largest_value_size / warp_size;  ///< of a head, that a thread has

  HeadShape shape;
  Partials partials;
  Sinks sinks;
  AnyElements out;

  __device__ void operator()(Thread& thread) const {
    const std::int64_t pair = thread.block() / shape.rows();
    const int row = static_cast<int>(thread.block() % shape.rows());
    const std::int64_t first = partials.at(shape, pair, row, 0);
    float* scratch = thread.shared<float>();
    const float maximum = largest(thread, first, scratch);
    float own[most_elements] = {}, sum = 0;
    for (int split = thread.warp(); split < partials.splits; split += warps) {
      const float weight = exp2f(partials.maxima[first + split] - maximum);
      const float* mixed = partials.mixed + (first + split) * shape.value_size;
      sum += weight * partials.sums[first + split];
      CALIBRAM_UNROLL
      for (int i = 0; i < most_elements; ++i) {
        const int column = thread.lane() + i * warp_size;
        if (column < shape.value_size) own[i] += weight * mixed[column];
      }
    }
    if (thread.lane() == 0) scratch[thread.warp()] = sum;
    CALIBRAM_UNROLL
    for (int i = 0; i < most_elements; ++i) {
      const int column = thread.lane() + i * warp_size;
      if (column < shape.value_size) scratch[warps + thread.warp() * shape.value_size + column] = own[i];
    }
    thread.sync();
    const HeadPlace at = shape.place(pair);
    write(thread, scratch, sinks.weight(shape.head(at, row), maximum), shape.step_head(at, row));
  }

 private:
  __device__ float largest(Thread& thread, std::int64_t first, float* scratch) const {
    float maximum = -INFINITY;
    for (int split = thread.index(); split < partials.splits; split += threads)
      maximum = fmaxf(maximum, partials.maxima[first + split]);
    return block_reduce(thread, maximum, scratch, -INFINITY, Largest{});
  }

  /// @param total  what the sums of the splits lack
  __device__ void write(Thread& thread, const float* scratch, float total, std::int64_t head) const {
    for (int i = 0; i < warps; ++i) total += scratch[i];
    for (int column = thread.index(); column < shape.value_size; column += threads) {
      float mixed = 0;
      for (int i = 0; i < warps; ++i) mixed += scratch[warps + i * shape.value_size + column];
      out.set(head * shape.value_size + column, mixed / total);
    }
  }
};

/// As many splits as keep a large card busy, of not too few keys, and as the workspace has room for.
int splits_for(const HeadShape& shape, std::int64_t blocks, std::int64_t workspace_floats) {
  constexpr std::int64_t enough_blocks = 2048;
  const std::int64_t seen = shape.start + shape.tokens - shape.seen(shape.start).begin;  // by the whole step
  const std::int64_t room = workspace_floats / (shape.pairs() * shape.rows() * (shape.value_size + 2));
  const std::int64_t splits = std::min({seen / least_split_keys, enough_blocks / blocks, room, most_splits});
  return static_cast<int>(std::max(splits, std::int64_t{1}));
}

Partials partials_in(const DeviceBuffer& workspace, const HeadShape& shape, std::int64_t blocks) {
  auto* floats = static_cast<float*>(workspace.data());
  const auto room = workspace.size().count() / std::int64_t{sizeof(float)};
  const int splits = splits_for(shape, blocks, room);
  if (splits == 1) return {};
  const std::int64_t count = shape.pairs() * shape.rows() * splits;
  return {floats, floats + count, floats + 2 * count, splits};
}

void join_parts(cudaStream_t stream, const HeadShape& shape, const Partials& partials, const Tensor& sinks,
                const Tensor& out) {
  const auto floats = static_cast<std::size_t>(JoinParts::warps * (shape.value_size + 1));
  launch<JoinParts::threads>(
      stream,
      {shape.pairs() * shape.rows(), JoinParts::threads, std::max(floats * sizeof(float), reduction_bytes)},
      JoinParts{shape, partials, Sinks{any_elements(sinks)}, any_elements(out)});
}

}  // namespace

void attend_in_parts(cudaStream_t stream, const DeviceBuffer& workspace, const Attention& attention,
                     StepShape step, const Tensor& queries, const KvCache& cache, const Tensor& sinks,
                     const Tensor& out) {
  const HeadShape shape = shape_of(attention, step);
  require(cache.values.empty() || cache.keys.element == cache.values.element, "attend",
          "keys and values differ in format");
  const PartTiling tiling{shape.head_size, shape.value_size};
  const int row_tiles = (shape.rows() + PartTiling::rows - 1) / PartTiling::rows;
  const std::int64_t blocks = shape.pairs() * row_tiles;
  const Partials partials = partials_in(workspace, shape, blocks);
  with_element(cache.keys, "attend", [&](auto* type) {
    using T = Pointee<decltype(type)>;
    launch<PartTiling::threads>(
        stream, {blocks * partials.splits, PartTiling::threads, tiling.shared_bytes()},
        PartAttention<T>{shape, tiling, any_elements(queries), any_elements(out), Sinks{any_elements(sinks)},
                         view_of<T>(cache, attention), partials, row_tiles});
  });
  if (partials.splits > 1) join_parts(stream, shape, partials, sinks, out);
}

}  // namespace calibram
