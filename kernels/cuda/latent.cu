// SPDX-License-Identifier: MIT
// Latent attention: the projection out of the latent space, moved to the queries and to the result; a small
// product for every head.
// Run it alone: cuda_tests --gtest_filter='Latent*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/product_tile.cuh"

#include <cmath>

namespace calibram {
namespace {

struct LatentShape {
  std::int64_t heads, rank, plain, rotary, value;
  float factor;  ///< of absorbed queries

  /// Where the rows of a head's plain keys begin in the projection; those of its values follow.
  __device__ std::int64_t first_key(std::int64_t head) const { return head * (plain + value); }
  __device__ std::int64_t first_value(std::int64_t head) const { return first_key(head) + plain; }
};

LatentShape shape_of(const LatentAttention& attention) {
  const std::int64_t rotary = attention.rotary_size;
  return {attention.heads,
          attention.kv_rank,
          attention.plain_size,
          rotary,
          attention.value_size,
          std::sqrt(static_cast<float>(rotary + attention.kv_rank) /
                    static_cast<float>(rotary + attention.plain_size))};
}

/// The projection out of the latent space, element by element.
struct UpProjection {
  AnyElements values;
  const float* scales;  ///< one a row, where the values are INT8
  std::int64_t columns;

  __device__ float at(std::int64_t row, std::int64_t column) const {
    const float value = values[row * columns + column];
    return values.element == Element::int8 ? value * scales[row] : value;
  }
};
UpProjection up_projection(const Weight& kv_up) {
  return {any_elements(kv_up.values), elements<float>(kv_up.scales), kv_up.values.columns};
}

/// The tiles of a matrix of `rows` x `columns` for each head; one block each.
struct MatrixTiles {
  std::int64_t rows, columns;

  static __host__ __device__ std::int64_t tiles(std::int64_t size) {
    return (size + ProductTile::size - 1) / ProductTile::size;
  }
  Grid grid(std::int64_t heads) const {
    return {std::max<std::int64_t>(heads * tiles(rows) * tiles(columns), 1), ProductTile::threads,
            ProductTile::shared_bytes};
  }

  struct Tile {
    std::int64_t head, first_row, first_column;
  };
  __device__ Tile at(std::int64_t block) const {
    const std::int64_t across = tiles(columns), tile = block / across;
    return {tile / tiles(rows), tile % tiles(rows) * ProductTile::size, block % across * ProductTile::size};
  }
};

/// The latent part of every head: out = factor * plain queries . rows of the head's plain keys
struct AbsorbTile {
  LatentShape shape;
  MatrixTiles tiles;
  AnyElements queries;
  UpProjection up;
  AnyElements out;

  __device__ void operator()(Thread& thread) const {
    const MatrixTiles::Tile tile = tiles.at(thread.block());
    ProductTile product;
    product.add_product<false>(
        thread, shape.plain,
        [&](int row, std::int64_t k) {
          const std::int64_t head = (tile.first_row + row) * shape.heads + tile.head;
          return tile.first_row + row < tiles.rows
                     ? queries[head * (shape.rotary + shape.plain) + shape.rotary + k]
                     : 0;
        },
        [&](int column, std::int64_t k) {
          const std::int64_t element = tile.first_column + column;
          return element < shape.rank ? up.at(shape.first_key(tile.head) + k, element) : 0;
        });
    product.for_each(thread, [&](int row, int column, float sum) {
      const std::int64_t to = tile.first_row + row, element = tile.first_column + column;
      if (to < tiles.rows && element < shape.rank)
        out.set((to * shape.heads + tile.head) * (shape.rotary + shape.rank) + shape.rotary + element,
                sum * shape.factor);
    });
  }
};

/// The rotated part of every head, a thread per element.
struct ScaleRotated {
  LatentShape shape;
  AnyElements queries, out;
  std::int64_t count;  ///< of elements

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t i = thread.first(); i < count; i += thread.stride()) {
      const std::int64_t head = i / shape.rotary, element = i % shape.rotary;
      out.set(head * (shape.rotary + shape.rank) + element,
              queries[head * (shape.rotary + shape.plain) + element] * shape.factor);
    }
  }
};

/// out = mixed latent vectors of a head . rows of its values
struct ExpandTile {
  LatentShape shape;
  MatrixTiles tiles;
  AnyElements mixed;
  UpProjection up;
  AnyElements out;

  __device__ void operator()(Thread& thread) const {
    const MatrixTiles::Tile tile = tiles.at(thread.block());
    ProductTile product;
    product.add_product<true>(
        thread, shape.rank,
        [&](int row, std::int64_t k) {
          const std::int64_t head = (tile.first_row + row) * shape.heads + tile.head;
          return tile.first_row + row < tiles.rows ? mixed[head * shape.rank + k] : 0;
        },
        [&](int column, std::int64_t k) {
          const std::int64_t element = tile.first_column + column;
          return element < shape.value ? up.at(shape.first_value(tile.head) + element, k) : 0;
        });
    product.for_each(thread, [&](int row, int column, float sum) {
      const std::int64_t to = tile.first_row + row, element = tile.first_column + column;
      if (to < tiles.rows && element < shape.value)
        out.set((to * shape.heads + tile.head) * shape.value + element, sum);
    });
  }
};

}  // namespace

void CudaOps::absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                             Tensor& out) {
  check_absorb_queries(attention, queries, kv_up, out);
  if (queries.empty()) return;
  const LatentShape shape = shape_of(attention);
  const MatrixTiles tiles{queries.rows, attention.kv_rank};
  launch<ProductTile::threads>(
      stream_, tiles.grid(attention.heads),
      AbsorbTile{shape, tiles, any_elements(queries), up_projection(kv_up), any_elements(out)});
  const std::int64_t rotated = queries.rows * attention.heads * attention.rotary_size;
  if (rotated == 0) return;
  launch(stream_, grid_over(rotated), ScaleRotated{shape, any_elements(queries), any_elements(out), rotated});
}

void CudaOps::expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                            Tensor& out) {
  check_expand_values(attention, mixed, kv_up, out);
  if (mixed.empty()) return;
  const MatrixTiles tiles{mixed.rows, attention.value_size};
  launch<ProductTile::threads>(
      stream_, tiles.grid(attention.heads),
      ExpandTile{shape_of(attention), tiles, any_elements(mixed), up_projection(kv_up), any_elements(out)});
}

}  // namespace calibram
