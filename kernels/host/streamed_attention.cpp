// SPDX-License-Identifier: MIT
// Causal attention without a score matrix: keys and values pass by in tiles under a running softmax.
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

/// The queries of one KV head of one sequence, in tiles. All heads that read this KV head are taken
/// together, token by token: row j is token j / group of head j % group among them, so positions rise
/// from row to row, and decoding has `group` rows instead of one.
/// Online softmax after Milakov and Gimelshein, arXiv:1805.02867.
class HeadGroup {
 public:
  HeadGroup(const Attention& attention, const Tensor& sinks, StepShape step, HeadPlace place,
            Scratch& scratch)
      : attention_{attention},
        sinks_{sinks},
        step_{step},
        place_{place},
        scratch_{scratch},
        group_{attention.heads / attention.kv_heads} {}

  std::int64_t queries() const { return step_.tokens * group_; }

  void run_tile(const Tensor& queries, const KvCache& cache, std::int64_t first, std::int64_t rows,
                const Tensor& out) {
    first_ = first;
    rows_ = rows;
    start(queries);
    // A tile sees from where its first query does to where its last one does.
    const SeenRange range{seen(attention_, position(0)).begin, seen(attention_, position(rows - 1)).end};
    const std::int64_t most = positions_in_tile(attention_.head_size);
    for (std::int64_t key = range.begin; key < range.end; key += most)
      absorb(cache, {key, std::min(most, range.end - key)});
    finish(out);
  }

 private:
  std::int64_t token(std::int64_t row) const { return (first_ + row) / group_; }
  std::int64_t position(std::int64_t row) const { return step_.start + token(row); }

  std::int64_t head(std::int64_t row) const { return place_.kv_head * group_ + (first_ + row) % group_; }
  /// Where a query's head lies in a tensor of [batch * tokens, heads * size], in heads.
  std::int64_t head_index(std::int64_t row) const {
    return (place_.sequence * step_.tokens + token(row)) * attention_.heads + head(row);
  }

  /// A sink is a score that has been seen already, of a value of 0.
  void start(const Tensor& queries) {
    const std::int64_t size = attention_.head_size;
    float* left = scratch_.left.data();
    for (std::int64_t i = 0; i < rows_; ++i) load(queries, head_index(i) * size, size, left + i * size);
    const float factor = 1 / std::sqrt(static_cast<float>(size));
    for (std::int64_t i = 0; i < rows_ * size; ++i) left[i] *= factor;
    std::fill_n(scratch_.mixed.begin(), rows_ * attention_.value_elements(), 0.0F);
    std::fill_n(scratch_.maximum.begin(), rows_, -std::numeric_limits<float>::infinity());
    std::fill_n(scratch_.sum.begin(), rows_, sinks_.empty() ? 0.0F : 1.0F);
    if (sinks_.empty()) return;
    for (std::int64_t i = 0; i < rows_; ++i)
      load(sinks_, head(i), 1, &scratch_.maximum[static_cast<std::size_t>(i)]);
  }

  void absorb(const KvCache& cache, IndexRange positions) {
    const std::int64_t count = positions.count;
    const CacheRows rows = rows_of(cache);
    float* right = scratch_.right.data();
    load_positions(keys_in(cache, attention_), rows, attention_.kv_heads, place_, positions, right);
    multiply_transposed({rows_, count, attention_.head_size}, scratch_.left.data(), right,
                        scratch_.product.data());
    for (std::int64_t i = 0; i < rows_; ++i) weigh(i, positions.first, count);
    load_positions(values_in(cache, attention_), rows, attention_.kv_heads, place_, positions, right);
    add_product({rows_, attention_.value_elements(), count}, scratch_.product.data(), right,
                scratch_.mixed.data());
  }

  /// Turns a row of scores into weights under the new maximum, 0 where the query must not look, and
  /// brings what was summed before to that maximum.
  void weigh(std::int64_t row, std::int64_t first, std::int64_t count) {
    const auto i = static_cast<std::size_t>(row);
    float* scores = scratch_.product.data() + row * count;
    const SeenRange range = seen(attention_, position(row));
    const std::int64_t begin = std::clamp(range.begin - first, std::int64_t{0}, count);
    const std::int64_t end = std::clamp(range.end - first, begin, count);
    std::fill(scores, scores + begin, 0.0F);
    std::fill(scores + end, scores + count, 0.0F);
    if (begin == end) return;
    const float before = scratch_.maximum[i];
    const float now = std::max(before, largest(scores + begin, end - begin));
    const float factor = std::exp(before - now);
    scratch_.maximum[i] = now;
    scratch_.sum[i] = scratch_.sum[i] * factor + exponentiate(scores + begin, end - begin, now);
    const std::int64_t size = attention_.value_elements();
    float* mixed = scratch_.mixed.data() + row * size;
    for (std::int64_t j = 0; j < size; ++j) mixed[j] *= factor;
  }

  void finish(const Tensor& out) {
    const std::int64_t size = attention_.value_elements();
    for (std::int64_t i = 0; i < rows_; ++i) {
      float* mixed = scratch_.mixed.data() + i * size;
      const float sum = scratch_.sum[static_cast<std::size_t>(i)];
      for (std::int64_t j = 0; j < size; ++j) mixed[j] /= sum;
      store(mixed, size, out, head_index(i) * size);
    }
  }

  const Attention& attention_;
  const Tensor& sinks_;
  const StepShape step_;
  const HeadPlace place_;
  Scratch& scratch_;
  const std::int64_t group_;  ///< query heads per KV head
  std::int64_t first_ = 0, rows_ = 0;
};

}  // namespace

void HostOps::attend(const Attention& attention, const Tensor& queries, const KvCache& cache,
                     const Tensor& sinks, StepShape step, Tensor& out) {
  check_queries(attention, queries, cache, step, "attend");
  check_mixed(attention, out, cache, step, "attend");
  check_sinks(sinks, attention.heads, "attend");
  for (std::int64_t sequence = 0; sequence < step.batch; ++sequence)
    for (std::int64_t kv_head = 0; kv_head < attention.kv_heads; ++kv_head) {
      HeadGroup group{attention, sinks, step, {sequence, kv_head}, *scratch_};
      for_each_part(
          group.queries(), queries_in_tile(attention.head_size),
          [&](std::int64_t first, std::int64_t rows) { group.run_tile(queries, cache, first, rows, out); });
    }
}

}  // namespace calibram
