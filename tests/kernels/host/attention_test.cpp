// SPDX-License-Identifier: MIT
// Streamed and eager attention against plain loops in double precision.
#include "kernels/cache_rows.hpp"
#include "src/core/error.hpp"
#include "tests/kernels/host/attention_cases.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace calibram {
namespace {

class AttentionTest : public HostTest {
 protected:
  /// A cache whose positions beyond the step hold NaN, so that looking there shows.
  KvCache cache_of(const TextbookCase& c, Element element) {
    const std::int64_t capacity = c.step.length() + c.spare, rows = c.step.batch * capacity;
    KvCache cache;
    cache.capacity = capacity;
    cache.keys = half(c, element, rows, c.kv_heads * c.head_size);
    if (!c.latent) cache.values = half(c, element, rows, c.kv_heads * c.value_elements());
    if (element != Element::int8) return cache;
    cache.key_scales = half(c, Element::fp32, rows, c.kv_heads, 0.01);
    if (!c.latent) cache.value_scales = half(c, Element::fp32, rows, c.kv_heads, 0.01);
    return cache;
  }

  /// From negligible ones to such as take most of the weight.
  Tensor sinks_of(const TextbookCase& c) {
    if (!c.has_sinks) return {};
    Doubles sinks;
    for (std::int64_t head = 0; head < c.heads; ++head) sinks.push_back(3.0 * static_cast<double>(head) - 2);
    return holding(Element::fp16, 1, c.heads, sinks);
  }

  Tensor half(const TextbookCase& c, Element element, std::int64_t rows, std::int64_t columns,
              double range = 2) {
    const Tensor tensor = random(element, rows, columns, element == Element::int8 ? 127 : range);
    if (element == Element::int8) return tensor;
    Doubles values = read(tensor);
    const std::int64_t capacity = c.step.length() + c.spare;
    for (std::int64_t row = 0; row < rows; ++row)
      if (row % capacity >= c.step.length())
        std::fill_n(values.begin() + row * columns, columns, std::nan(""));
    write(tensor, values);
    return tensor;
  }

  /// The same positions in blocks of seven tokens; what is left of the last block holds NaN.
  KvCache paged(const TextbookCase& c, const KvCache& plain) {
    KvCache cache = plain;
    cache.block_tokens = 7;
    cache.capacity = (plain.capacity + 6) / 7 * 7;
    cache.blocks = poisoned(Element::int32, c.step.batch, cache.capacity / 7);
    ops.fill_blocks(cache.blocks);
    for (Tensor KvCache::*part :
         {&KvCache::keys, &KvCache::values, &KvCache::key_scales, &KvCache::value_scales}) {
      const Tensor& from = plain.*part;
      if (from.empty()) continue;
      Tensor& to = cache.*part;
      to = poisoned(from.element, c.step.batch * cache.capacity, from.columns);
      const auto row_bytes = static_cast<std::size_t>(from.columns * element_bytes(from.element));
      for (std::int64_t s = 0; s < c.step.batch; ++s)
        for (std::int64_t p = 0; p < plain.capacity; ++p)
          std::memcpy(static_cast<std::byte*>(to.data) +
                          static_cast<std::size_t>(rows_of(cache).row(s, p)) * row_bytes,
                      static_cast<std::byte*>(from.data) +
                          static_cast<std::size_t>(s * plain.capacity + p) * row_bytes,
                      row_bytes);
    }
    return cache;
  }

  Tensor eager(const TextbookCase& c, const Tensor& queries, const KvCache& cache, Element narrow,
               Element wide) {
    const Attention attention = attention_of(c);
    Tensor scores = poisoned(narrow, c.step.rows() * c.heads, c.step.length());
    Tensor probabilities = poisoned(wide, scores.rows, scores.columns);
    Tensor out = poisoned(Element::fp16, c.step.rows(), c.heads * c.value_elements());
    ops.score(attention, queries, cache, c.step, scores);
    ops.softmax(scores, sinks_of(c), c.step, probabilities);
    ops.mix(attention, probabilities, cache, c.step, out);
    return out;
  }

  Tensor streamed(const TextbookCase& c, const Tensor& queries, const KvCache& cache) {
    Tensor out = poisoned(Element::fp16, c.step.rows(), c.heads * c.value_elements());
    ops.attend(attention_of(c), queries, cache, sinks_of(c), c.step, out);
    return out;
  }
};

TEST_F(AttentionTest, StreamedIsTheTextbooks) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const TextbookCase& c : attention_cases()) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, element);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      expect_close(streamed(c, queries, cache), textbook_attention(c, queries, cache, sinks_of(c)));
    }
}

TEST_F(AttentionTest, EagerIsTheTextbooks) {
  for (const Element element : {Element::fp16, Element::int8})
    for (const TextbookCase& c : attention_cases()) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, element);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      expect_close(eager(c, queries, cache, Element::fp32, Element::fp32),
                   textbook_attention(c, queries, cache, sinks_of(c)));
    }
}

TEST_F(AttentionTest, StreamedIsEagerWithHalfScores) {
  for (const TextbookCase& c : attention_cases())
    for (const Element probabilities : {Element::fp32, Element::fp16}) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, Element::fp16);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 1);
      expect_close(eager(c, queries, cache, Element::fp16, probabilities), read(streamed(c, queries, cache)));
    }
}

TEST_F(AttentionTest, PagesChangeNoBit) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const TextbookCase& c : attention_cases()) {
      SCOPED_TRACE(text(c));
      const KvCache plain = cache_of(c, element), blocks = paged(c, plain);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      EXPECT_EQ(read(streamed(c, queries, blocks)), read(streamed(c, queries, plain)));
      EXPECT_EQ(read(eager(c, queries, blocks, Element::fp16, Element::fp32)),
                read(eager(c, queries, plain, Element::fp16, Element::fp32)));
    }
}

TEST_F(AttentionTest, ATableOfAnotherBatchIsRefused) {
  const TextbookCase c{4, 2, 64, {2, 5, 0}, {}};
  KvCache blocks = paged(c, cache_of(c, Element::fp16));
  blocks.blocks.rows = 1;
  const Tensor queries = random(Element::fp16, 10, 256);
  Tensor out = poisoned(Element::fp16, 10, 256), scores = poisoned(Element::fp16, 40, 5);
  EXPECT_THROW(ops.attend(attention_of(c), queries, blocks, {}, c.step, out), InputError);
  EXPECT_THROW(ops.score(attention_of(c), queries, blocks, c.step, scores), InputError);
  EXPECT_THROW(ops.mix(attention_of(c), scores, blocks, c.step, out), InputError);
}

TEST_F(AttentionTest, LargeScoresDoNotOverflow) {
  const TextbookCase c{2, 1, 64, {1, 5, 400}, {}};
  const KvCache cache = cache_of(c, Element::fp16);
  const Tensor queries = random(Element::fp16, 5, 128, 2000);
  for (const double value : read(streamed(c, queries, cache))) EXPECT_LE(std::abs(value), 2.001);
}

TEST_F(AttentionTest, ScoresBeforeTheSoftmaxAreMaskedByMinusInfinity) {
  const TextbookCase c{1, 1, 64, {1, 4, 2}, 3};
  const KvCache cache = cache_of(c, Element::fp16);
  Tensor scores = poisoned(Element::fp16, 4, 6);
  ops.score(attention_of(c), random(Element::fp16, 4, 64), cache, c.step, scores);
  const Doubles values = read(scores);
  for (std::int64_t t = 0; t < 4; ++t)
    for (std::int64_t p = 0; p < 6; ++p) {
      const bool visible = p <= 2 + t && 2 + t - p < 3;
      const double value = values[static_cast<std::size_t>(t * 6 + p)];
      EXPECT_EQ(value, visible ? value : -INFINITY) << t << ", " << p;
      EXPECT_EQ(std::isfinite(value), visible) << t << ", " << p;
    }
}

TEST_F(AttentionTest, WhatDoesNotGoTogetherIsRefused) {
  const TextbookCase c{4, 2, 64, {1, 5, 0}, {}};
  const KvCache cache = cache_of(c, Element::fp16);
  const Tensor queries = random(Element::fp16, 5, 256);
  const auto refuses = [&](Attention attention, StepShape step, const KvCache& kv) {
    Tensor out = poisoned(Element::fp16, 5, 256);
    EXPECT_THROW(ops.attend(attention, queries, kv, {}, step, out), InputError);
  };
  Attention attention = attention_of(c);
  refuses(attention, {1, 5, 1}, cache);  // ends beyond the cache
  refuses(attention, {1, 4, 0}, cache);  // the queries are 5
  attention.kv_heads = 3;
  refuses(attention, c.step, cache);
  attention = attention_of(c);
  attention.window = 0;
  refuses(attention, c.step, cache);
  KvCache without_scales = cache_of(c, Element::int8);
  without_scales.value_scales = {};
  refuses(attention_of(c), c.step, without_scales);
  attention = attention_of(c);
  attention.chunk = 0;
  refuses(attention, c.step, cache);
  attention = attention_of(c);
  attention.value_size = 32;  // the cache's are of 64
  refuses(attention, c.step, cache);
}

TEST_F(AttentionTest, SinksAreOneForEveryHead) {
  const TextbookCase c{4, 2, 64, {1, 5, 0}, {}};
  const KvCache cache = cache_of(c, Element::fp16);
  Tensor out = poisoned(Element::fp16, 5, 256), scores = random(Element::fp16, 20, 5);
  const Tensor queries = random(Element::fp16, 5, 256), three = random(Element::fp16, 1, 3);
  EXPECT_THROW(ops.attend(attention_of(c), queries, cache, three, c.step, out), InputError);
  EXPECT_THROW(ops.softmax(scores, three, c.step, scores), InputError);
}

}  // namespace
}  // namespace calibram
