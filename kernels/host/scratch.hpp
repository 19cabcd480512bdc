// SPDX-License-Identifier: MIT
// The only working memory of the host's kernels: tiles of fixed size that never grow.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace calibram {

// A product is computed in tiles of at most these sizes, about 1.5 MiB in all: they fit a second-level
// cache together, and bound the buffers into which Eigen packs them.
inline constexpr std::int64_t tile_rows = 128;
inline constexpr std::int64_t tile_columns = 256;
inline constexpr std::int64_t tile_depth = 512;
inline constexpr std::int64_t line_elements = 4096;

/// How many queries, and how many positions of a cache, fit into tiles when heads have this many elements.
constexpr std::int64_t queries_in_tile(std::int64_t head_size) {
  return std::min(tile_rows, tile_rows * tile_depth / head_size);
}
constexpr std::int64_t positions_in_tile(std::int64_t head_size) {
  return std::min(tile_columns, tile_columns * tile_depth / head_size);
}

struct Scratch {
  template <std::int64_t count>
  using Floats = std::array<float, static_cast<std::size_t>(count)>;

  alignas(64) Floats<tile_rows * tile_depth> left{};       ///< rows of x, or queries
  alignas(64) Floats<tile_columns * tile_depth> right{};   ///< rows of a weight, keys or values
  alignas(64) Floats<tile_rows * tile_columns> product{};  ///< outputs, or scores
  alignas(64) Floats<tile_rows * tile_depth> mixed{};      ///< weighted sums of values
  alignas(64) Floats<tile_rows> maximum{};                 ///< per query: of the scores so far
  alignas(64) Floats<tile_rows> sum{};                     ///< per query: of their exponentials so far
  alignas(64) Floats<line_elements> line{};                ///< part of a row
  alignas(64) Floats<line_elements> second{};              ///< part of the row's partner
  alignas(64) Floats<line_elements> third{};
  alignas(64) std::array<double, static_cast<std::size_t>(tile_depth)> frequencies{};  ///< of rotation
};

}  // namespace calibram
