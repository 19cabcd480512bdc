// SPDX-License-Identifier: MIT
// Attention in three steps over a score matrix: scores, softmax, weighted sums of values.
#include "kernels/checks.hpp"
#include "kernels/host/attention.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/products.hpp"
#include "kernels/host/scratch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace calibram {
namespace {

/// Some consecutive tokens of one head of one sequence.
struct HeadRows {
  std::int64_t sequence, head, first, rows;

  /// Where they are in the queries, and in the output, whose heads have other sizes.
  Region in_heads(std::int64_t size, StepShape step) const {
    return {sequence * step.tokens + first, head * size, rows, size};
  }
  /// Their row in the score matrix.
  std::int64_t in_scores(const Attention& attention, StepShape step) const {
    return (sequence * attention.heads + head) * step.tokens + first;
  }
  HeadPlace place(const Attention& attention) const {
    return {sequence, head / (attention.heads / attention.kv_heads)};
  }
};

/// Calls f(rows) for all tokens of all heads of all sequences, a tile at a time.
template <typename Function>
void for_each_head_rows(const Attention& attention, StepShape step, Function&& f) {
  for (std::int64_t sequence = 0; sequence < step.batch; ++sequence)
    for (std::int64_t head = 0; head < attention.heads; ++head)
      for_each_part(step.tokens, queries_in_tile(attention.head_size),
                    [&](std::int64_t first, std::int64_t rows) {
                      f(HeadRows{sequence, head, first, rows});
                    });
}

/// Scales one row of scores and hides what its query must not see.
void mask(float* scores, std::int64_t count, std::int64_t first, SeenRange range, float factor) {
  const std::int64_t begin = std::clamp(range.begin - first, std::int64_t{0}, count);
  const std::int64_t end = std::clamp(range.end - first, begin, count);
  std::fill(scores, scores + begin, minus_infinity);
  for (std::int64_t i = begin; i < end; ++i) scores[i] *= factor;
  std::fill(scores + end, scores + count, minus_infinity);
}

}  // namespace

void HostOps::score(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
                    Tensor& scores) {
  check_queries(attention, queries, cache, step, "score");
  check_scores(attention, scores, step, "score");
  const float factor = 1 / std::sqrt(static_cast<float>(attention.head_size));
  float* product = scratch_->product.data();
  for_each_head_rows(attention, step, [&](const HeadRows& part) {
    load_tile(queries, part.in_heads(attention.head_size, step), scratch_->left.data());
    const std::int64_t most = positions_in_tile(attention.head_size);
    for_each_part(step.length(), most, [&](std::int64_t first, std::int64_t count) {
      load_positions(keys_in(cache, attention), rows_of(cache), attention.kv_heads, part.place(attention),
                     {first, count}, scratch_->right.data());
      multiply_transposed({part.rows, count, attention.head_size}, scratch_->left.data(),
                          scratch_->right.data(), product);
      for (std::int64_t i = 0; i < part.rows; ++i)
        mask(product + i * count, count, first, seen(attention, step.start + part.first + i), factor);
      store_tile(product, {part.in_scores(attention, step), first, part.rows, count}, scores);
    });
  });
}

void HostOps::softmax(const Tensor& x, const Tensor& sinks, StepShape step, Tensor& out) {
  check_softmax(x, sinks, step, out);
  float* line = scratch_->line.data();
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const std::int64_t start = row * x.columns;
    float sink = minus_infinity;
    if (!sinks.empty()) load(sinks, row / step.tokens % element_count(sinks), 1, &sink);
    float maximum = sink;
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      load(x, start + first, count, line);
      maximum = std::max(maximum, largest(line, count));
    });
    double sum = sinks.empty() ? 0 : static_cast<double>(std::exp(sink - maximum));
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      load(x, start + first, count, line);
      sum += static_cast<double>(exponentiate(line, count, maximum));
    });
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      load(x, start + first, count, line);
      exponentiate(line, count, maximum);
      for (std::int64_t i = 0; i < count; ++i) line[i] /= static_cast<float>(sum);
      store(line, count, out, start + first);
    });
  }
}

void HostOps::mix(const Attention& attention, const Tensor& probabilities, const KvCache& cache,
                  StepShape step, Tensor& out) {
  check_mixed(attention, out, cache, step, "mix");
  check_scores(attention, probabilities, step, "mix");
  float* mixed = scratch_->mixed.data();
  for_each_head_rows(attention, step, [&](const HeadRows& part) {
    const std::int64_t size = attention.value_elements();
    std::fill_n(mixed, part.rows * size, 0.0F);
    for_each_part(step.length(), tile_columns, [&](std::int64_t first, std::int64_t count) {
      load_tile(probabilities, {part.in_scores(attention, step), first, part.rows, count},
                scratch_->product.data());
      load_positions(values_in(cache, attention), rows_of(cache), attention.kv_heads, part.place(attention),
                     {first, count}, scratch_->right.data());
      add_product({part.rows, size, count}, scratch_->product.data(), scratch_->right.data(), mixed);
    });
    store_tile(mixed, part.in_heads(size, step), out);
  });
}

}  // namespace calibram
