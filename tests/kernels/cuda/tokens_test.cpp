// SPDX-License-Identifier: MIT
// Embedding, rotation, last rows and sampling on a card, against the host's.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};

class TokensOnCard : public GuardedTest {
 protected:
  Tensor ids(const Doubles& values) {
    return holding(Element::int32, static_cast<std::int64_t>(values.size()), 1, values);
  }
  Weight table(Element element, std::int64_t columns) {
    if (element == Element::int8) return random_int8_weight(7, columns + 15);
    return {random(element, 7, columns), {}};
  }
  Doubles sampled(const Tensor& logits, std::int64_t batch) {
    Tensor tokens = guarded(Element::int32, batch, 1);
    cuda.sample(guarded(logits), tokens);
    return read(back(tokens));
  }
};

TEST_F(TokensOnCard, EmbeddingIsTheHosts) {
  const StepShape step{3, 2, 4};
  const Tensor chosen = ids({6, 0, 3, 3, 1, 5});
  for (const Element element : {Element::fp16, Element::fp32, Element::int8})
    for (const Element result : floats)
      for (const std::int64_t columns : {1, 17, 1000})
        for (const Element learned : {Element::fp16, Element::fp32, Element::raw8}) {
          const Weight rows = table(element, columns);
          const Tensor positions = learned == Element::raw8 ? Tensor{} : random(learned, 6, columns);
          Tensor expected = poisoned(result, 6, columns), out = guarded(result, 6, columns);
          ops.embed(rows, positions, chosen, step, expected);
          cuda.embed(guarded(rows), guarded(positions), guarded(chosen), step, out);
          expect_on_card(out, expected);
        }
}

TEST_F(TokensOnCard, ATokenBeyondTheTableReadsItsFirstRow) {
  // There are numbers beyond both ends of the table, which must not be taken.
  const Tensor around = guarded(random(Element::fp16, 9, 100));
  Weight rows{around, {}};
  rows.values.data = static_cast<std::byte*>(around.data) + 200;
  rows.values.rows = 7;
  const Weight on_host{back(around), {}};
  Tensor out = guarded(Element::fp16, 5, 100), expected = poisoned(Element::fp16, 5, 100);
  cuda.embed(rows, {}, guarded(ids({2, 7, -1, 6, 2147483647})), {1, 5, 0}, out);
  ops.embed(on_host, {}, ids({3, 1, 1, 7, 1}), {1, 5, 0}, expected);
  EXPECT_EQ(read(back(out)), read(expected));
}

TEST_F(TokensOnCard, EmbeddingBeyondThePositionTableIsRefused) {
  Tensor out = guarded(Element::fp16, 1, 16);
  const Weight rows = guarded(table(Element::fp16, 16));
  EXPECT_THROW(cuda.embed(rows, guarded(random(Element::fp16, 4, 16)), guarded(ids({1})), {1, 1, 4}, out),
               InputError);
}

TEST_F(TokensOnCard, RotationIsTheHostsAtAnyPosition) {
  struct Case {
    std::int64_t heads, head_size, rotary;
    StepShape step;
  };
  for (const Element element : floats)
    for (const double theta : {10000.0, 1e6})
      for (const Case& c :
           {Case{2, 64, 64, {1, 5, 0}}, Case{3, 80, 32, {3, 5, 7}}, Case{1, 64, 64, {2, 1, 131072}},
            Case{9, 128, 128, {1, 3, 131070}}, Case{2, 17, 6, {1, 40, 0}}, Case{2, 64, 0, {1, 3, 1}},
            Case{1, 512, 512, {1, 2, 10000000}}, Case{2, 1024, 1024, {1, 2, 100000}},
            Case{1, 576, 64, {1, 2, 300}}}) {
        Attention attention;
        attention.head_size = c.head_size;
        attention.rotary_size = c.rotary;
        Tensor expected = random(element, c.step.rows(), c.heads * c.head_size), x = guarded(expected);
        ops.rotate(expected, c.heads, attention, theta, c.step);
        cuda.rotate(x, c.heads, attention, theta, c.step);
        expect_on_card(x, expected, element == Element::fp32 ? 2e-6 : 1e-3);
      }
}

TEST_F(TokensOnCard, AnOddRotationIsRefused) {
  Attention attention;
  attention.head_size = 16;
  attention.rotary_size = 5;
  Tensor x = guarded(Element::fp16, 1, 16);
  EXPECT_THROW(cuda.rotate(x, 1, attention, 10000, {1, 1, 0}), InputError);
}

TEST_F(TokensOnCard, LastRowsAreTheHosts) {
  for (const Element in : floats)
    for (const Element result : floats)
      for (const std::int64_t columns : {1, 33, 1000}) {
        const Tensor x = random(in, 15, columns);
        Tensor expected = poisoned(result, 3, columns), out = guarded(result, 3, columns);
        ops.last_rows(x, {3, 5, 0}, expected);
        cuda.last_rows(guarded(x), {3, 5, 0}, out);
        expect_bytes(out, expected);
      }
}

TEST_F(TokensOnCard, SamplingIsTheHosts) {
  for (const Element element : floats)
    for (const std::int64_t columns : {1, 31, 1024, 5003, 151936}) {
      // FP16 logits of a large vocabulary have many equals among the largest.
      const std::int64_t batch = columns > 10000 ? 2 : 7;
      const Tensor logits = random(element, batch, columns);
      Tensor expected = poisoned(Element::int32, batch, 1);
      ops.sample(logits, expected);
      EXPECT_EQ(sampled(logits, batch), read(expected)) << columns;
    }
}

TEST_F(TokensOnCard, SamplingTakesTheLargestOfTheLastTokensLogits) {
  Doubles logits(2 * 3 * 5000, -2.0);
  logits[2 * 5000 + 4999] = -1;    // sequence 0, its last token
  logits[3 * 5000 + 7] = 9;        // sequence 1, its first token: must not count
  logits[5 * 5000 + 4500] = -0.5;  // sequence 1, its last token
  for (const Element element : floats)
    EXPECT_EQ(sampled(holding(element, 6, 5000, logits), 2), (Doubles{4999, 4500}));
}

TEST_F(TokensOnCard, TiesGoToTheLowestIndexAndNanNeverWins) {
  const double nan = std::nan("");
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 5, {1, 3, 3, 2, 3}), 1), Doubles{1});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 5, {nan, -3, nan, -2, nan}), 1), Doubles{3});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 3, {nan, -INFINITY, -INFINITY}), 1), Doubles{1});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 2, {nan, nan}), 1), Doubles{0});
  // Equals that different threads, warps and strides of one thread see.
  Doubles logits(5000, nan);
  for (const int place : {4999, 3333, 2600, 1576}) logits[static_cast<std::size_t>(place)] = 2;
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 5000, logits), 1), Doubles{1576});
}

}  // namespace
}  // namespace calibram
