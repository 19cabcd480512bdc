// SPDX-License-Identifier: MIT
// Attention in three steps over a score matrix: scores, softmax, weighted sums of values.
// Run it alone: cuda_tests --gtest_filter='*Eager*:*Softmax*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/attention.cuh"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/product_tile.cuh"

namespace calibram {
namespace {

/// The keys or the values in a cache (see CachePart), element by element.
struct AnyEntries {
  AnyElements values;
  const float* scales;
  CacheRows rows;
  std::int64_t stride, offset;

  __device__ float at(const HeadShape& shape, HeadPlace place, std::int64_t position, int column) const {
    const std::int64_t entry = entry_at(rows, shape, place, position);
    const float value = values[entry * stride + offset + column];
    return values.element == Element::int8 ? value * scales[entry] : value;
  }
};
AnyEntries any_entries(const CachePart& part, const KvCache& cache) {
  return {any_elements(part.entries), elements<float>(part.scales), rows_of(cache), part.stride, part.offset};
}

/// The tokens of one query head of one sequence, of which a block takes some.
struct QueryHead {
  std::int64_t sequence, head;

  __device__ HeadPlace place(const HeadShape& shape) const { return {sequence, head / shape.group}; }
  /// A token's head among those of [batch * tokens, heads].
  __device__ std::int64_t step_head(const HeadShape& shape, std::int64_t token) const {
    return (sequence * shape.tokens + token) * shape.heads + head;
  }
  /// A token's row in the score matrix.
  __device__ std::int64_t score_row(const HeadShape& shape, std::int64_t token) const {
    return (sequence * shape.heads + head) * shape.tokens + token;
  }
};

/// The tiles of a matrix of rows x columns for every query head of every sequence; one block each.
struct HeadTiles {
  std::int64_t rows, columns;  ///< in tiles

  HeadTiles(std::int64_t tokens, std::int64_t width)
      : rows{(tokens + ProductTile::size - 1) / ProductTile::size},
        columns{(width + ProductTile::size - 1) / ProductTile::size} {}
  Grid grid(const HeadShape& shape) const {
    return {shape.batch * shape.heads * rows * columns, ProductTile::threads, ProductTile::shared_bytes};
  }

  struct Tile {
    QueryHead head;
    std::int64_t first_token, first_column;
  };
  __device__ Tile at(const HeadShape& shape, std::int64_t block) const {
    const std::int64_t tile = block % (rows * columns), head = block / (rows * columns);
    return {{head / shape.heads, head % shape.heads},
            tile / columns * ProductTile::size,
            tile % columns * ProductTile::size};
  }
};

/// scores = queries . keys / sqrt(head_size), -inf where a query does not look.
struct ScoreTile {
  HeadShape shape;
  HeadTiles tiles;
  AnyElements queries;
  AnyEntries keys;
  AnyElements scores;

  __device__ void operator()(Thread& thread) const {
    const HeadTiles::Tile tile = tiles.at(shape, thread.block());
    const std::int64_t length = shape.start + shape.tokens;
    const HeadPlace place = tile.head.place(shape);
    ProductTile product;
    if (anything_seen(tile))
      product.add_product<true>(
          thread, shape.head_size,
          [&](int row, std::int64_t k) {
            const std::int64_t token = tile.first_token + row;
            if (token >= shape.tokens) return 0.0F;
            return queries[tile.head.step_head(shape, token) * shape.head_size + k];
          },
          [&](int column, std::int64_t k) {
            const std::int64_t position = tile.first_column + column;
            return position < length ? keys.at(shape, place, position, static_cast<int>(k)) : 0;
          });
    product.for_each(thread, [&](int row, int column, float sum) {
      const std::int64_t token = tile.first_token + row, position = tile.first_column + column;
      if (token >= shape.tokens || position >= length) return;
      const SeenRange seen = shape.seen(shape.start + token);
      const bool hidden = position < seen.begin || position >= seen.end;
      scores.set(tile.head.score_row(shape, token) * length + position,
                 hidden ? -INFINITY : sum * shape.factor);
    });
  }

 private:
  __device__ bool anything_seen(const HeadTiles::Tile& tile) const {
    const std::int64_t last_token = std::min(tile.first_token + ProductTile::size, shape.tokens) - 1;
    return tile.first_column < shape.seen(shape.start + last_token).end &&
           tile.first_column + ProductTile::size > shape.seen(shape.start + tile.first_token).begin;
  }
};

/// out = probabilities . values
struct MixTile {
  HeadShape shape;
  HeadTiles tiles;
  AnyElements probabilities;
  AnyEntries values;
  AnyElements out;

  __device__ void operator()(Thread& thread) const {
    const HeadTiles::Tile tile = tiles.at(shape, thread.block());
    const std::int64_t length = shape.start + shape.tokens;
    const HeadPlace place = tile.head.place(shape);
    ProductTile product;
    product.add_product<false>(
        thread, length,
        [&](int row, std::int64_t position) {
          const std::int64_t token = tile.first_token + row;
          return token < shape.tokens ? probabilities[tile.head.score_row(shape, token) * length + position]
                                      : 0;
        },
        [&](int column, std::int64_t position) {
          const int element = static_cast<int>(tile.first_column) + column;
          return element < shape.value_size ? values.at(shape, place, position, element) : 0;
        });
    product.for_each(thread, [&](int row, int column, float sum) {
      const std::int64_t token = tile.first_token + row, element = tile.first_column + column;
      if (token < shape.tokens && element < shape.value_size)
        out.set(tile.head.step_head(shape, token) * shape.value_size + element, sum);
    });
  }
};

/// A block per row; two passes over it.
template <typename X, typename Out>
struct SoftmaxRow {
  const X* x;
  Out* out;
  Sinks sinks;
  std::int64_t heads, tokens;  ///< of the sinks: row r is of head r / tokens % heads
  std::int64_t rows, columns;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const X* from = x + row * columns;
      float maximum = -INFINITY, sum = 0;
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        const float value = as_float(from[i]) * log2_of_e;
        const float before = maximum;
        maximum = fmaxf(maximum, value);
        // A thread may have seen nothing but -inf so far.
        if (maximum != -INFINITY) sum = sum * exp2f(before - maximum) + exp2f(value - maximum);
      }
      const float largest = block_reduce(thread, maximum, thread.shared<float>(), -INFINITY, Largest{});
      const float share = maximum == -INFINITY ? 0 : sum * exp2f(maximum - largest);
      const float total = block_reduce(thread, share, thread.shared<float>(), 0, Sum{}) +
                          sinks.weight(row / tokens % heads, largest);
      for (std::int64_t i = thread.index(); i < columns; i += thread.count())
        store(exp2f(as_float(from[i]) * log2_of_e - largest) / total, out[row * columns + i]);
    }
  }
};

}  // namespace

void CudaOps::score(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
                    Tensor& scores) {
  check_queries(attention, queries, cache, step, "score");
  check_scores(attention, scores, step, "score");
  const HeadShape shape = shape_of(attention, step);
  const HeadTiles tiles{step.tokens, step.length()};
  launch<ProductTile::threads>(
      stream_, tiles.grid(shape),
      ScoreTile{shape, tiles, any_elements(queries), any_entries(keys_in(cache, attention), cache),
                any_elements(scores)});
}

void CudaOps::softmax(const Tensor& x, const Tensor& sinks, StepShape step, Tensor& out) {
  check_softmax(x, sinks, step, out);
  const std::int64_t heads = std::max(element_count(sinks), std::int64_t{1}),
                     tokens = std::max(step.tokens, std::int64_t{1});  // unused without sinks
  const Grid grid = grid_over_rows(x.rows, reduction_bytes);
  with_float(x, "softmax", [&](auto* in) {
    with_float(out, "softmax", [&](auto* result) {
      using X = Pointee<decltype(in)>;
      using Out = Pointee<decltype(result)>;
      launch(stream_, grid,
             SoftmaxRow<X, Out>{elements<X>(x), elements<Out>(out), Sinks{any_elements(sinks)}, heads, tokens,
                                x.rows, x.columns});
    });
  });
}

void CudaOps::mix(const Attention& attention, const Tensor& probabilities, const KvCache& cache,
                  StepShape step, Tensor& out) {
  check_mixed(attention, out, cache, step, "mix");
  check_scores(attention, probabilities, step, "mix");
  const HeadShape shape = shape_of(attention, step);
  const HeadTiles tiles{step.tokens, attention.value_elements()};
  launch<ProductTile::threads>(stream_, tiles.grid(shape),
                               MixTile{shape, tiles, any_elements(probabilities),
                                       any_entries(values_in(cache, attention), cache), any_elements(out)});
}

}  // namespace calibram
