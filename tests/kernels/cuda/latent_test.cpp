// SPDX-License-Identifier: MIT
// The way into the latent space and out of it on a card, against the host's.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

namespace calibram {
namespace {

// Less than a tile (64 x 64 x 32) in every direction; more than one in each; no rotated or plain elements.
constexpr LatentAttention sizes[] = {
    {.heads = 3, .kv_rank = 20, .plain_size = 7, .rotary_size = 4, .value_size = 9},
    {.heads = 2, .kv_rank = 150, .plain_size = 70, .rotary_size = 33, .value_size = 67},
    {.heads = 2, .kv_rank = 64, .plain_size = 32, .rotary_size = 0, .value_size = 64},
    {.heads = 1, .kv_rank = 31, .plain_size = 0, .rotary_size = 2, .value_size = 1},
};

class LatentOnCard : public GuardedTest {
 protected:
  Weight kv_up(const LatentAttention& attention, Element element) {
    const std::int64_t rows = attention.heads * (attention.plain_size + attention.value_size);
    if (element == Element::int8) return random_int8_weight(rows, round_up(attention.kv_rank, 16));
    return {random(element, rows, attention.kv_rank), {}};
  }

  static double tolerance(Element element) { return element == Element::fp16 ? 1e-3 : 1e-5; }
};

TEST_F(LatentOnCard, AbsorbedQueriesAreTheHosts) {
  for (const Element element : {Element::fp16, Element::fp32})
    for (const Element of_weight : {element, Element::int8})
      for (const LatentAttention& attention : sizes)
        for (const std::int64_t rows : {1, 5, 70}) {
          const std::int64_t heads = attention.heads, rotary = attention.rotary_size;
          const Tensor queries = random(element, rows, heads * (rotary + attention.plain_size));
          const Weight weight = kv_up(attention, of_weight);
          Tensor expected = poisoned(element, rows, heads * (rotary + attention.kv_rank));
          Tensor out = guarded(element, rows, expected.columns);
          ops.absorb_queries(attention, queries, weight, expected);
          cuda.absorb_queries(attention, guarded(queries), guarded(weight), out);
          expect_on_card(out, expected, tolerance(element));
        }
}

TEST_F(LatentOnCard, ExpandedValuesAreTheHosts) {
  for (const Element element : {Element::fp16, Element::fp32})
    for (const Element of_weight : {element, Element::int8})
      for (const LatentAttention& attention : sizes)
        for (const std::int64_t rows : {1, 5, 70}) {
          const Tensor mixed = random(element, rows, attention.heads * attention.kv_rank);
          const Weight weight = kv_up(attention, of_weight);
          Tensor expected = poisoned(element, rows, attention.heads * attention.value_size);
          Tensor out = guarded(element, rows, expected.columns);
          ops.expand_values(attention, mixed, weight, expected);
          cuda.expand_values(attention, guarded(mixed), guarded(weight), out);
          expect_on_card(out, expected, tolerance(element));
        }
}

TEST_F(LatentOnCard, OtherShapesAreRefused) {
  const LatentAttention& attention = sizes[0];
  const Weight weight = guarded(kv_up(attention, Element::fp16));
  Tensor queries = guarded(Element::fp16, 2, 33), mixed = guarded(Element::fp16, 2, 60);
  Tensor values = guarded(Element::fp16, 2, 27);
  EXPECT_THROW(cuda.absorb_queries(attention, mixed, weight, values), InputError);
  EXPECT_THROW(cuda.expand_values(attention, queries, weight, values), InputError);
}

}  // namespace
}  // namespace calibram
