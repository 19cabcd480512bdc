// SPDX-License-Identifier: MIT
// Products and exponentials of tiles, by Eigen.
#include "kernels/host/products.hpp"

#include <Eigen/Core>

#include <limits>

namespace calibram {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Tile = Eigen::Map<Matrix>;
using ConstTile = Eigen::Map<const Matrix>;
using Line = Eigen::Map<Eigen::ArrayXf>;

}  // namespace

void multiply_transposed(const TileProduct& size, const float* left, const float* right, float* product) {
  Tile{product, size.rows, size.columns}.setZero();
  add_transposed(size, left, right, product);
}

void add_transposed(const TileProduct& size, const float* left, const float* right, float* product) {
  Tile{product, size.rows, size.columns}.noalias() +=
      ConstTile{left, size.rows, size.depth} * ConstTile{right, size.columns, size.depth}.transpose();
}

void add_product(const TileProduct& size, const float* left, const float* right, float* product) {
  Tile{product, size.rows, size.columns}.noalias() +=
      ConstTile{left, size.rows, size.depth} * ConstTile{right, size.depth, size.columns};
}

float exponentiate(float* x, std::int64_t count, float shift) {
  // Subnormal floats are slow to multiply with, so they become 0; a NaN compares false and stays.
  constexpr float smallest = std::numeric_limits<float>::min();
  Line line{x, count};
  line = (line - shift).exp();
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] < smallest ? 0 : x[i];
  return line.sum();
}

float largest(const float* x, std::int64_t count) {
  return Eigen::Map<const Eigen::ArrayXf>{x, count}.maxCoeff();
}

}  // namespace calibram
