// SPDX-License-Identifier: MIT
// Streamed and eager attention against plain loops in double precision.
#include "kernels/cache_rows.hpp"
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

namespace calibram {
namespace {

struct Case {
  std::int64_t heads, kv_heads, head_size;
  StepShape step;
  std::optional<std::int64_t> window;
  std::int64_t spare = 0;  ///< positions of the cache beyond the step
  std::optional<std::int64_t> chunk = {};
  std::int64_t value_size = 0;  ///< 0: as the keys
  bool latent = false;          ///< the values are the last elements of the keys
  bool has_sinks = false;

  std::int64_t value_elements() const { return value_size > 0 ? value_size : head_size; }
};

// MHA, GQA and MQA; prefill, decode and continued prefill; one and several tiles (128 queries x 256 keys).
const Case cases[] = {
    {2, 2, 64, {1, 5, 0}, {}},
    {4, 2, 80, {3, 5, 0}, {}, 7},
    {4, 1, 64, {1, 130, 0}, {}},
    {4, 2, 64, {3, 1, 300}, {}, 1},
    {4, 4, 80, {1, 1, 0}, {}},
    {2, 1, 17, {2, 130, 260}, {}, 3},
    {4, 2, 64, {1, 300, 0}, 33},
    {4, 2, 64, {2, 5, 600}, 300, 5},
    {2, 2, 64, {1, 130, 3}, 1},
    {1, 1, 512, {1, 3, 2}, {}},
    // Chunks, also beside a window; values of another size; latent caches; sinks.
    {4, 2, 64, {2, 130, 70}, {}, 3, 50},
    {2, 2, 64, {1, 70, 40}, 20, 0, 32},
    {4, 2, 24, {2, 140, 30}, {}, 2, {}, 40},
    {3, 3, 40, {1, 5, 300}, {}, 0, {}, 24},
    {5, 1, 576, {2, 60, 90}, {}, 1, {}, 512, true},
    {6, 2, 36, {1, 1, 260}, {}, 0, {}, 20, true},
    {4, 2, 64, {2, 70, 300}, {}, 1, {}, 0, false, true},
    {4, 4, 32, {1, 30, 10}, 8, 0, {}, 48, false, true},
};

std::string text(const Case& c) {
  std::ostringstream line;
  line << c.heads << ":" << c.kv_heads << " heads of " << c.head_size << ", batch " << c.step.batch
       << ", tokens " << c.step.tokens << " from " << c.step.start << ", window " << c.window.value_or(0)
       << ", chunk " << c.chunk.value_or(0) << ", values of " << c.value_elements()
       << (c.latent ? ", latent" : "") << (c.has_sinks ? ", sinks" : "");
  return line.str();
}

Attention attention_of(const Case& c) {
  Attention attention;
  attention.heads = c.heads;
  attention.kv_heads = c.kv_heads;
  attention.head_size = c.head_size;
  attention.window = c.window;
  attention.chunk = c.chunk;
  attention.value_size = c.value_size;
  return attention;
}

/// The entries of a cache as real numbers.
Doubles real_entries(const Tensor& entries, const Tensor& scales, std::int64_t kv_heads) {
  Doubles values = read(entries);
  if (scales.empty()) return values;
  const Doubles factors = read(scales);
  const auto head_size = static_cast<std::size_t>(entries.columns / kv_heads);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factors[i / head_size];
  return values;
}

class AttentionTest : public HostTest {
 protected:
  /// A cache whose positions beyond the step hold NaN, so that looking there shows.
  KvCache cache_of(const Case& c, Element element) {
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
  Tensor sinks_of(const Case& c) {
    if (!c.has_sinks) return {};
    Doubles sinks;
    for (std::int64_t head = 0; head < c.heads; ++head) sinks.push_back(3.0 * static_cast<double>(head) - 2);
    return holding(Element::fp16, 1, c.heads, sinks);
  }

  Tensor half(const Case& c, Element element, std::int64_t rows, std::int64_t columns, double range = 2) {
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
  KvCache paged(const Case& c, const KvCache& plain) {
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

  Tensor eager(const Case& c, const Tensor& queries, const KvCache& cache, Element narrow, Element wide) {
    const Attention attention = attention_of(c);
    Tensor scores = poisoned(narrow, c.step.rows() * c.heads, c.step.length());
    Tensor probabilities = poisoned(wide, scores.rows, scores.columns);
    Tensor out = poisoned(Element::fp16, c.step.rows(), c.heads * c.value_elements());
    ops.score(attention, queries, cache, c.step, scores);
    ops.softmax(scores, sinks_of(c), c.step, probabilities);
    ops.mix(attention, probabilities, cache, c.step, out);
    return out;
  }

  Tensor streamed(const Case& c, const Tensor& queries, const KvCache& cache) {
    Tensor out = poisoned(Element::fp16, c.step.rows(), c.heads * c.value_elements());
    ops.attend(attention_of(c), queries, cache, sinks_of(c), c.step, out);
    return out;
  }
};

/// What one head of one sequence attends to.
struct Seen {
  const Doubles &keys, &values;
  std::int64_t first_row, kv_head;

  const double* key(const Case& c, std::int64_t p) const {
    return keys.data() + ((first_row + p) * c.kv_heads + kv_head) * c.head_size;
  }
  const double* value(const Case& c, std::int64_t p) const {
    if (c.latent) return key(c, p) + c.head_size - c.value_elements();
    return values.data() + ((first_row + p) * c.kv_heads + kv_head) * c.value_elements();
  }
};

std::int64_t oldest_seen(const Case& c, std::int64_t position) {
  std::int64_t oldest = 0;
  if (c.window) oldest = std::max(oldest, position - *c.window + 1);
  if (c.chunk) oldest = std::max(oldest, position / *c.chunk * *c.chunk);
  return oldest;
}

/// One head of one token: scores of all positions it sees, softmax, weighted sum.
/// @param sink  null where there is none
void attend_one(const Case& c, const double* query, const Seen& seen, std::int64_t position,
                const double* sink, Doubles& out) {
  Doubles weights;
  double sum = sink ? std::exp(*sink) : 0;
  const std::int64_t oldest = oldest_seen(c, position);
  for (std::int64_t p = oldest; p <= position; ++p) {
    double dot = 0;
    for (std::int64_t i = 0; i < c.head_size; ++i) dot += query[i] * seen.key(c, p)[i];
    weights.push_back(std::exp(dot / std::sqrt(static_cast<double>(c.head_size))));
    sum += weights.back();
  }
  for (std::int64_t i = 0; i < c.value_elements(); ++i) {
    double mixed = 0;
    for (std::int64_t p = oldest; p <= position; ++p)
      mixed += weights[static_cast<std::size_t>(p - oldest)] / sum * seen.value(c, p)[i];
    out.push_back(mixed);
  }
}

Doubles reference(const Case& c, const Tensor& queries, const KvCache& cache, const Tensor& sinks) {
  const Doubles logits = read(sinks), q = read(queries),
                keys = real_entries(cache.keys, cache.key_scales, c.kv_heads);
  const Doubles values = real_entries(cache.values, cache.value_scales, c.kv_heads);
  Doubles out;
  for (std::int64_t s = 0; s < c.step.batch; ++s)
    for (std::int64_t t = 0; t < c.step.tokens; ++t)
      for (std::int64_t h = 0; h < c.heads; ++h)
        attend_one(c, q.data() + ((s * c.step.tokens + t) * c.heads + h) * c.head_size,
                   {keys, values, s * cache.capacity, h * c.kv_heads / c.heads}, c.step.start + t,
                   c.has_sinks ? &logits[static_cast<std::size_t>(h)] : nullptr, out);
  return out;
}

TEST_F(AttentionTest, StreamedIsTheTextbooks) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const Case& c : cases) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, element);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      expect_close(streamed(c, queries, cache), reference(c, queries, cache, sinks_of(c)));
    }
}

TEST_F(AttentionTest, EagerIsTheTextbooks) {
  for (const Element element : {Element::fp16, Element::int8})
    for (const Case& c : cases) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, element);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      expect_close(eager(c, queries, cache, Element::fp32, Element::fp32),
                   reference(c, queries, cache, sinks_of(c)));
    }
}

TEST_F(AttentionTest, StreamedIsEagerWithHalfScores) {
  for (const Case& c : cases)
    for (const Element probabilities : {Element::fp32, Element::fp16}) {
      SCOPED_TRACE(text(c));
      const KvCache cache = cache_of(c, Element::fp16);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 1);
      expect_close(eager(c, queries, cache, Element::fp16, probabilities), read(streamed(c, queries, cache)));
    }
}

TEST_F(AttentionTest, PagesChangeNoBit) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const Case& c : cases) {
      SCOPED_TRACE(text(c));
      const KvCache plain = cache_of(c, element), blocks = paged(c, plain);
      const Tensor queries = random(Element::fp16, c.step.rows(), c.heads * c.head_size, 2);
      EXPECT_EQ(read(streamed(c, queries, blocks)), read(streamed(c, queries, plain)));
      EXPECT_EQ(read(eager(c, queries, blocks, Element::fp16, Element::fp32)),
                read(eager(c, queries, plain, Element::fp16, Element::fp32)));
    }
}

TEST_F(AttentionTest, ATableOfAnotherBatchIsRefused) {
  const Case c{4, 2, 64, {2, 5, 0}, {}};
  KvCache blocks = paged(c, cache_of(c, Element::fp16));
  blocks.blocks.rows = 1;
  const Tensor queries = random(Element::fp16, 10, 256);
  Tensor out = poisoned(Element::fp16, 10, 256), scores = poisoned(Element::fp16, 40, 5);
  EXPECT_THROW(ops.attend(attention_of(c), queries, blocks, {}, c.step, out), InputError);
  EXPECT_THROW(ops.score(attention_of(c), queries, blocks, c.step, scores), InputError);
  EXPECT_THROW(ops.mix(attention_of(c), scores, blocks, c.step, out), InputError);
}

TEST_F(AttentionTest, LargeScoresDoNotOverflow) {
  const Case c{2, 1, 64, {1, 5, 400}, {}};
  const KvCache cache = cache_of(c, Element::fp16);
  const Tensor queries = random(Element::fp16, 5, 128, 2000);
  for (const double value : read(streamed(c, queries, cache))) EXPECT_LE(std::abs(value), 2.001);
}

TEST_F(AttentionTest, ScoresBeforeTheSoftmaxAreMaskedByMinusInfinity) {
  const Case c{1, 1, 64, {1, 4, 2}, 3};
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
  const Case c{4, 2, 64, {1, 5, 0}, {}};
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
  const Case c{4, 2, 64, {1, 5, 0}, {}};
  const KvCache cache = cache_of(c, Element::fp16);
  Tensor out = poisoned(Element::fp16, 5, 256), scores = random(Element::fp16, 20, 5);
  const Tensor queries = random(Element::fp16, 5, 256), three = random(Element::fp16, 1, 3);
  EXPECT_THROW(ops.attend(attention_of(c), queries, cache, three, c.step, out), InputError);
  EXPECT_THROW(ops.softmax(scores, three, c.step, scores), InputError);
}

}  // namespace
}  // namespace calibram
