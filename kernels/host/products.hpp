// SPDX-License-Identifier: MIT
// Products of dense float tiles.
#pragma once

#include <cstdint>

namespace calibram {

/// product[rows, columns] (+)= left[rows, depth] * right[columns, depth]^T
struct TileProduct {
  std::int64_t rows, columns, depth;
};
void multiply_transposed(const TileProduct& size, const float* left, const float* right, float* product);
void add_transposed(const TileProduct& size, const float* left, const float* right, float* product);
/// product[rows, columns] += left[rows, depth] * right[depth, columns]
void add_product(const TileProduct& size, const float* left, const float* right, float* product);

/// x = exp(x - shift) in place. @return their sum
float exponentiate(float* x, std::int64_t count, float shift);
/// The largest of the elements; at least one.
float largest(const float* x, std::int64_t count);

}  // namespace calibram
