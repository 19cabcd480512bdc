// SPDX-License-Identifier: MIT
// Matrix products: FP32 sums of FP16 or FP32 factors, and exact INT32 sums of INT8 ones.
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/products.hpp"
#include "kernels/host/scratch.hpp"

#include <algorithm>

namespace calibram {
namespace {

// 131072 products of two INT8 numbers stay within INT32, even of -128 and -128.
constexpr std::int64_t largest_int8_depth = std::int64_t{1} << 17;

/// Calls f(tile) for every tile of a rows x columns output.
template <typename Function>
void for_each_tile(const Tensor& out, Function&& f) {
  for_each_part(out.columns, tile_columns, [&](std::int64_t column, std::int64_t columns) {
    for_each_part(out.rows, tile_rows, [&](std::int64_t row, std::int64_t rows) {
      f(Region{row, column, rows, columns});
    });
  });
}

/// Reads what one tile of outputs multiplies: `depth` columns of x and of the weight from `first` on.
TileProduct load_factors(const Tensor& x, const Tensor& weight, const Region& tile, std::int64_t first,
                         std::int64_t depth, Scratch& scratch) {
  load_tile(x, {tile.row, first, tile.rows, depth}, scratch.left.data());
  load_tile(weight, {tile.column, first, tile.columns, depth}, scratch.right.data());
  return {tile.rows, tile.columns, depth};
}

/// Starts every row of a tile with the bias, or with 0.
void start_with_bias(const Tensor& bias, const Region& tile, float* product) {
  std::fill_n(product, tile.rows * tile.columns, 0.0F);
  if (bias.empty()) return;
  for (std::int64_t i = 0; i < tile.rows; ++i)
    load(bias, tile.column, tile.columns, product + i * tile.columns);
}

void add_to_integers(const float* product, const Region& tile, bool is_first, const Tensor& out) {
  for (std::int64_t i = 0; i < tile.rows; ++i) {
    std::int32_t* sums = elements<std::int32_t>(out) + (tile.row + i) * out.columns + tile.column;
    const float* line = product + i * tile.columns;
    for (std::int64_t j = 0; j < tile.columns; ++j)
      sums[j] = (is_first ? 0 : sums[j]) + static_cast<std::int32_t>(line[j]);
  }
}

void require_product(const Tensor& x, const Tensor& weight, const Tensor& out, std::string_view operation) {
  require(x.columns > 0 && x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows,
          operation, "the shapes of input, weight and output do not go together");
}

}  // namespace

void HostOps::matmul(const Tensor& x, const Weight& weight, const Tensor& bias, Tensor& out) {
  for (const Tensor* tensor : {&x, &weight.values, static_cast<const Tensor*>(&out)})
    require_float(*tensor, "matmul");
  require_product(x, weight.values, out, "matmul");
  if (!bias.empty()) require_vector(bias, out.columns, "matmul");
  float* product = scratch_->product.data();
  for_each_tile(out, [&](const Region& tile) {
    start_with_bias(bias, tile, product);
    for_each_part(x.columns, tile_depth, [&](std::int64_t first, std::int64_t depth) {
      const TileProduct size = load_factors(x, weight.values, tile, first, depth, *scratch_);
      add_transposed(size, scratch_->left.data(), scratch_->right.data(), product);
    });
    store_tile(product, tile, out);
  });
}

// Float arithmetic is exact here: at most 512 products of at most 2^14 stay within 2^23, and floats hold
// every integer up to 2^24. Only the sum over tiles needs integers.
void HostOps::matmul_int8(const Tensor& values, const Weight& weight, Tensor& out) {
  static_assert(tile_depth * 128 * 128 <= 1 << 24);
  require_element(values, {Element::int8}, "matmul_int8");
  require_element(weight.values, {Element::int8}, "matmul_int8");
  require_element(out, {Element::int32}, "matmul_int8");
  require_product(values, weight.values, out, "matmul_int8");
  require(values.columns <= largest_int8_depth, "matmul_int8", "sums of so many products may leave INT32");
  float* product = scratch_->product.data();
  for_each_tile(out, [&](const Region& tile) {
    for_each_part(values.columns, tile_depth, [&](std::int64_t first, std::int64_t depth) {
      const TileProduct size = load_factors(values, weight.values, tile, first, depth, *scratch_);
      multiply_transposed(size, scratch_->left.data(), scratch_->right.data(), product);
      add_to_integers(product, tile, first == 0, out);
    });
  });
}

}  // namespace calibram
