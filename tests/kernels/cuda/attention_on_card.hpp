// SPDX-License-Identifier: MIT
// Random attentions of every form, for the tests of streamed and eager attention on a card.
#pragma once

#include "kernels/cache_rows.hpp"
#include "tests/kernels/cuda/cuda_test.hpp"

#include <cmath>
#include <limits>
#include <ostream>

namespace calibram {

struct AttentionCase {
  std::int64_t heads = 1, kv_heads = 1, head_size = 1;
  StepShape step{};
  Element cache = Element::fp16, queries = Element::fp16, out = Element::fp16;
  std::int64_t block_tokens = 0;  ///< 0: contiguous
  std::int64_t spare = 0;         ///< positions of the cache beyond the step, at least
  std::optional<std::int64_t> window{}, chunk{};
  std::int64_t value_size = 0;  ///< 0: as the keys
  bool latent = false;          ///< values are the last elements of the keys
  std::optional<Element> sinks{};

  Attention attention() const {
    Attention shape;
    shape.heads = heads;
    shape.kv_heads = kv_heads;
    shape.head_size = head_size;
    shape.window = window;
    shape.chunk = chunk;
    shape.value_size = value_size;
    return shape;
  }
};

inline void PrintTo(const AttentionCase& c, std::ostream* to) {
  *to << c.heads << ":" << c.kv_heads << " heads of " << c.head_size << ", batch " << c.step.batch
      << ", tokens " << c.step.tokens << " from " << c.step.start << ", bytes of cache, queries, out "
      << element_bytes(c.cache) << element_bytes(c.queries) << element_bytes(c.out) << ", blocks of "
      << c.block_tokens << ", spare " << c.spare << ", window " << c.window.value_or(0) << ", chunk "
      << c.chunk.value_or(0) << ", values of " << c.value_size << (c.latent ? " in the keys" : "")
      << ", bytes of sinks " << (c.sinks ? element_bytes(*c.sinks) : 0);
}

/// Works on the case `c`.
class AttentionOnCard : public CudaTest {
 protected:
  AttentionCase c{};

  /// A cache whose positions beyond the step hold NaN, so that looking there shows.
  KvCache random_cache() {
    KvCache cache;
    cache.block_tokens = c.block_tokens;
    const std::int64_t unit = std::max<std::int64_t>(c.block_tokens, 1);
    cache.capacity = (c.step.length() + c.spare + unit - 1) / unit * unit;
    if (c.block_tokens > 0) {
      cache.blocks = poisoned(Element::int32, c.step.batch, cache.capacity / unit);
      ops.fill_blocks(cache.blocks);
    }
    const bool is_int8 = c.cache == Element::int8;
    cache.keys = random_entries(cache, c.cache, c.kv_heads * c.head_size, 2);
    if (is_int8) cache.key_scales = random_entries(cache, Element::fp32, c.kv_heads, 0.01);
    if (c.latent) return cache;
    cache.values = random_entries(cache, c.cache, c.kv_heads * c.attention().value_elements(), 2);
    if (is_int8) cache.value_scales = random_entries(cache, Element::fp32, c.kv_heads, 0.01);
    return cache;
  }

  Tensor random_queries() { return random(c.queries, c.step.rows(), c.heads * c.head_size, 2); }
  /// Logits that take a good part of the weight, since scores are about 0: 1 / 9 to 8 / 9 of a whole step's.
  Tensor random_sinks() {
    if (!c.sinks) return {};
    const Tensor sinks = random(*c.sinks, 1, c.heads, 2);
    Doubles logits = read(sinks);
    for (double& logit : logits) logit += std::log(static_cast<double>(c.step.length()));
    write(sinks, logits);
    return sinks;
  }
  std::int64_t score_rows() const { return c.step.rows() * c.heads; }

  std::int64_t out_columns() const { return c.heads * c.attention().value_elements(); }

  void expect_attend_is_the_hosts(const Tensor& queries, const KvCache& cache, const Tensor& sinks) {
    Tensor expected = poisoned(c.out, c.step.rows(), out_columns());
    ops.attend(c.attention(), queries, cache, sinks, c.step, expected);
    Tensor out = poisoned_on_card(c.out, expected.rows, expected.columns);
    cuda.attend(c.attention(), on_card(queries), on_card(cache), on_card(sinks), c.step, out);
    expect_on_card(out, expected);
  }

 private:
  Tensor random_entries(const KvCache& cache, Element element, std::int64_t columns, double range) {
    const Tensor entries =
        random(element, c.step.batch * cache.capacity, columns, element == Element::int8 ? 127 : range);
    if (element == Element::int8) return entries;  // their scales are NaN
    Doubles values = read(entries);
    for (std::int64_t sequence = 0; sequence < c.step.batch; ++sequence)
      for (std::int64_t position = c.step.length(); position < cache.capacity; ++position)
        std::fill_n(values.begin() + rows_of(cache).row(sequence, position) * columns, columns, std::nan(""));
    write(entries, values);
    return entries;
  }
};

/// The same for cases that are listed.
class ListedAttentionOnCard : public AttentionOnCard, public testing::WithParamInterface<AttentionCase> {
 protected:
  ListedAttentionOnCard() { c = GetParam(); }
};

}  // namespace calibram
