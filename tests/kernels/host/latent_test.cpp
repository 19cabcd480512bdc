// SPDX-License-Identifier: MIT
// The way into the latent space and out of it, against plain loops.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cmath>

namespace calibram {
namespace {

constexpr LatentAttention sizes[] = {
    {.heads = 3, .kv_rank = 20, .plain_size = 7, .rotary_size = 4, .value_size = 9},
    {.heads = 2, .kv_rank = 600, .plain_size = 128, .rotary_size = 64, .value_size = 300},
    {.heads = 1, .kv_rank = 31, .plain_size = 530, .rotary_size = 2, .value_size = 1},
};

class LatentTest : public HostTest {
 protected:
  Weight kv_up(const LatentAttention& attention, Element element) {
    const std::int64_t rows = attention.heads * (attention.plain_size + attention.value_size);
    if (element == Element::int8) return random_int8_weight(rows, round_up(attention.kv_rank, 16));
    return {random(element, rows, attention.kv_rank), {}};
  }
};

/// The weight as real numbers, [rows, columns] without padding.
Doubles real(const Weight& weight, std::int64_t columns) {
  const Doubles values = read(weight.values), scales = read(weight.scales);
  Doubles out;
  for (std::int64_t r = 0; r < weight.values.rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      out.push_back(values[static_cast<std::size_t>(r * weight.values.columns + c)] *
                    (scales.empty() ? 1 : scales[static_cast<std::size_t>(r)]));
  return out;
}

TEST_F(LatentTest, AbsorbedQueriesGiveTheScoresOfTheProjectedKeys) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const LatentAttention& a : sizes) {
      const std::int64_t query_size = a.rotary_size + a.plain_size, out_size = a.rotary_size + a.kv_rank;
      const Weight weight = kv_up(a, element);
      const Tensor queries = random(Element::fp16, 140, a.heads * query_size);
      Tensor out = poisoned(Element::fp16, 140, a.heads * out_size);
      ops.absorb_queries(a, queries, weight, out);
      const Doubles w = real(weight, a.kv_rank), q = read(queries);
      const double factor = std::sqrt(static_cast<double>(out_size) / static_cast<double>(query_size));
      Doubles expected;
      for (std::int64_t head = 0; head < 140 * a.heads; ++head) {
        const auto query = q.begin() + head * query_size;
        for (std::int64_t i = 0; i < a.rotary_size; ++i) expected.push_back(factor * query[i]);
        for (std::int64_t k = 0; k < a.kv_rank; ++k) {
          double sum = 0;
          const std::int64_t first = head % a.heads * (a.plain_size + a.value_size);
          for (std::int64_t i = 0; i < a.plain_size; ++i)
            sum += query[a.rotary_size + i] * w[static_cast<std::size_t>((first + i) * a.kv_rank + k)];
          expected.push_back(factor * sum);
        }
      }
      expect_close(out, expected);
    }
}

TEST_F(LatentTest, MixedVectorsBecomeTheValuesOfTheirHead) {
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const LatentAttention& a : sizes) {
      const Weight weight = kv_up(a, element);
      const Tensor mixed = random(Element::fp16, 140, a.heads * a.kv_rank);
      Tensor out = poisoned(Element::fp16, 140, a.heads * a.value_size);
      ops.expand_values(a, mixed, weight, out);
      const Doubles w = real(weight, a.kv_rank), m = read(mixed);
      Doubles expected;
      for (std::int64_t head = 0; head < 140 * a.heads; ++head)
        for (std::int64_t v = 0; v < a.value_size; ++v) {
          const std::int64_t row = head % a.heads * (a.plain_size + a.value_size) + a.plain_size + v;
          double sum = 0;
          for (std::int64_t k = 0; k < a.kv_rank; ++k)
            sum += m[static_cast<std::size_t>(head * a.kv_rank + k)] *
                   w[static_cast<std::size_t>(row * a.kv_rank + k)];
          expected.push_back(sum);
        }
      expect_close(out, expected);
    }
}

TEST_F(LatentTest, OtherShapesAreRefused) {
  const LatentAttention& a = sizes[0];
  Weight weight = kv_up(a, Element::int8);
  Tensor queries = random(Element::fp16, 2, 33), absorbed = poisoned(Element::fp16, 2, 72);
  Tensor mixed = random(Element::fp16, 2, 60), values = poisoned(Element::fp16, 2, 27);
  EXPECT_NO_THROW(ops.absorb_queries(a, queries, weight, absorbed));
  EXPECT_NO_THROW(ops.expand_values(a, mixed, weight, values));
  EXPECT_THROW(ops.absorb_queries(a, mixed, weight, absorbed), InputError);
  EXPECT_THROW(ops.expand_values(a, mixed, weight, absorbed), InputError);
  weight.scales = {};
  EXPECT_THROW(ops.absorb_queries(a, queries, weight, absorbed), InputError);
  EXPECT_THROW(ops.expand_values(a, mixed, weight, values), InputError);
}

}  // namespace
}  // namespace calibram
