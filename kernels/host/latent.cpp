// SPDX-License-Identifier: MIT
// Latent attention's way into the latent space and out of it: a small matrix product for every head.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/products.hpp"
#include "kernels/host/scratch.hpp"

#include <cmath>

namespace calibram {
namespace {

/// Reads part of a weight as floats, scaled where it is INT8.
void load_scaled(const Weight& weight, const Region& region, float* to) {
  load_tile(weight.values, region, to);
  if (weight.values.element != Element::int8) return;
  for (std::int64_t i = 0; i < region.rows; ++i) {
    const float scale = elements<float>(weight.scales)[region.row + i];
    for (std::int64_t j = 0; j < region.columns; ++j) to[i * region.columns + j] *= scale;
  }
}

/// Calls f(head, rows, columns) for tiles of what every head gives, [x.rows, columns].
template <typename Function>
void for_each_head_tile(std::int64_t heads, std::int64_t rows, std::int64_t columns, Function&& f) {
  for (std::int64_t head = 0; head < heads; ++head)
    for_each_part(columns, tile_columns, [&](std::int64_t column, std::int64_t column_count) {
      for_each_part(rows, tile_rows, [&](std::int64_t row, std::int64_t row_count) {
        f(head, Region{row, column, row_count, column_count});
      });
    });
}

}  // namespace

void HostOps::absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                             Tensor& out) {
  check_absorb_queries(attention, queries, kv_up, out);
  const std::int64_t rotary = attention.rotary_size, plain = attention.plain_size;
  const std::int64_t query_size = rotary + plain, out_size = rotary + attention.kv_rank;
  const float factor = std::sqrt(static_cast<float>(out_size) / static_cast<float>(query_size));
  const auto scale = [&](float* x, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) x[i] *= factor;
  };
  float *line = scratch_->line.data(), *product = scratch_->product.data();
  for (std::int64_t i = 0; i < queries.rows * attention.heads; ++i)
    for_each_part(rotary, line_elements, [&](std::int64_t first, std::int64_t count) {
      load(queries, i * query_size + first, count, line);
      scale(line, count);
      store(line, count, out, i * out_size + first);
    });
  for_each_head_tile(
      attention.heads, out.rows, attention.kv_rank, [&](std::int64_t head, const Region& tile) {
        std::fill_n(product, tile.rows * tile.columns, 0.0F);
        for_each_part(plain, tile_depth, [&](std::int64_t first, std::int64_t depth) {
          load_tile(queries, {tile.row, head * query_size + rotary + first, tile.rows, depth},
                    scratch_->left.data());
          load_scaled(kv_up,
                      {head * (plain + attention.value_size) + first, tile.column, depth, tile.columns},
                      scratch_->right.data());
          add_product({tile.rows, tile.columns, depth}, scratch_->left.data(), scratch_->right.data(),
                      product);
        });
        scale(product, tile.rows * tile.columns);
        store_tile(product, {tile.row, head * out_size + rotary + tile.column, tile.rows, tile.columns}, out);
      });
}

void HostOps::expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                            Tensor& out) {
  check_expand_values(attention, mixed, kv_up, out);
  const std::int64_t rank = attention.kv_rank, size = attention.value_size;
  float* product = scratch_->product.data();
  for_each_head_tile(attention.heads, out.rows, size, [&](std::int64_t head, const Region& tile) {
    const std::int64_t first_row = head * (attention.plain_size + size) + attention.plain_size + tile.column;
    std::fill_n(product, tile.rows * tile.columns, 0.0F);
    for_each_part(rank, tile_depth, [&](std::int64_t first, std::int64_t depth) {
      load_tile(mixed, {tile.row, head * rank + first, tile.rows, depth}, scratch_->left.data());
      load_scaled(kv_up, {first_row, first, tile.columns, depth}, scratch_->right.data());
      add_transposed({tile.rows, tile.columns, depth}, scratch_->left.data(), scratch_->right.data(),
                     product);
    });
    store_tile(product, {tile.row, head * size + tile.column, tile.rows, tile.columns}, out);
  });
}

}  // namespace calibram
