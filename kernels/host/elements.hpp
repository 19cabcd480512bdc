// SPDX-License-Identifier: MIT
// Elements of tensors as floats, whole runs and tiles at a time.
#pragma once

#include "kernels/tensors.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace calibram {

/// The score of what is not seen.
inline constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// Reads `count` elements from the `offset`th on. INT8 and INT32 are taken as numbers, without scales.
void load(const Tensor& from, std::int64_t offset, std::int64_t count, float* to);
/// Writes `count` FP32 or FP16 elements from the `offset`th on; FP16 is rounded to the nearest even.
void store(const float* from, std::int64_t count, const Tensor& to, std::int64_t offset);

/// A rectangle of a tensor.
struct Region {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// Reads a region into a dense tile, or writes it from one.
void load_tile(const Tensor& from, const Region& region, float* to);
void store_tile(const float* from, const Region& region, const Tensor& to);

/// Calls f(first, count) for consecutive parts of 0 .. total, none longer than `longest`.
template <typename Function>
void for_each_part(std::int64_t total, std::int64_t longest, Function&& f) {
  for (std::int64_t first = 0; first < total; first += longest) f(first, std::min(longest, total - first));
}

}  // namespace calibram
