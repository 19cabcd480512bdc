// SPDX-License-Identifier: MIT
// Embedding, rotation, last rows and sampling.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cmath>

namespace calibram {
namespace {

class Tokens : public HostTest {
 protected:
  Tensor ids(const Doubles& values) {
    return holding(Element::int32, static_cast<std::int64_t>(values.size()), 1, values);
  }
  Doubles sampled(const Tensor& logits, std::int64_t batch) {
    Tensor tokens = poisoned(Element::int32, batch, 1);
    ops.sample(logits, tokens);
    return read(tokens);
  }
};

TEST_F(Tokens, EmbeddingPicksRowsAndAddsPositions) {
  const StepShape step{3, 2, 4};
  const Doubles chosen{6, 0, 3, 3, 1, 5};
  for (const std::int64_t columns : {17, 5000})
    for (const bool learned : {false, true}) {
      const Weight table{random(Element::fp16, 7, columns), {}};
      const Tensor positions = learned ? random(Element::fp16, 6, columns) : Tensor{};
      Tensor out = poisoned(Element::fp16, 6, columns);
      ops.embed(table, positions, ids(chosen), step, out);
      const Doubles rows = read(table.values), places = read(positions);
      Doubles expected;
      for (std::size_t r = 0; r < chosen.size(); ++r)
        for (std::size_t i = 0; i < static_cast<std::size_t>(columns); ++i)
          expected.push_back(
              rows[static_cast<std::size_t>(chosen[r]) * static_cast<std::size_t>(columns) + i] +
              (learned ? places[(4 + r % 2) * static_cast<std::size_t>(columns) + i] : 0));
      expect_close(out, expected);
    }
}

TEST_F(Tokens, AnInt8TableIsScaledAndItsPaddingLeftOut) {
  const Weight table = random_int8_weight(4, 32);
  Tensor out = poisoned(Element::fp16, 2, 17);
  ops.embed(table, {}, ids({3, 1}), {2, 1, 0}, out);
  const Doubles values = read(table.values), scales = read(table.scales);
  Doubles expected;
  for (const std::size_t row : {std::size_t{3}, std::size_t{1}})
    for (std::size_t i = 0; i < 17; ++i) expected.push_back(values[row * 32 + i] * scales[row]);
  expect_close(out, expected);
}

TEST_F(Tokens, ATokenBeyondTheTableReadsItsFirstRow) {
  const Weight table{random(Element::fp16, 7, 16), {}};
  Tensor out = poisoned(Element::fp16, 3, 16), first = poisoned(Element::fp16, 3, 16);
  ops.embed(table, {}, ids({7, -1, 2'000'000'000}), {3, 1, 0}, out);
  ops.embed(table, {}, ids({0, 0, 0}), {3, 1, 0}, first);
  EXPECT_EQ(read(out), read(first));
}

TEST_F(Tokens, APositionBeyondTheTableIsRefused) {
  const Weight table{random(Element::fp16, 7, 16), {}};
  Tensor out = poisoned(Element::fp16, 1, 16);
  EXPECT_THROW(ops.embed(table, random(Element::fp16, 4, 16), ids({1}), {1, 1, 4}, out), InputError);
}

/// The pair (i, i + rotary / 2) of every head turned by position * theta^(-2i / rotary).
Doubles rotated(const Tensor& x, std::int64_t head_size, std::int64_t rotary, double theta, StepShape step) {
  Doubles values = read(x);
  for (std::int64_t r = 0; r < x.rows; ++r)
    for (std::int64_t first = r * x.columns; first < (r + 1) * x.columns; first += head_size)
      for (std::int64_t i = 0; i < rotary / 2; ++i) {
        const double angle = static_cast<double>(step.start + r % step.tokens) *
                             std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(rotary));
        double& a = values[static_cast<std::size_t>(first + i)];
        double& b = values[static_cast<std::size_t>(first + i + rotary / 2)];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = b * std::cos(angle) + a * std::sin(angle);
        a = turned;
      }
  return values;
}

TEST_F(Tokens, RotationTurnsHalfSplitPairsAndLeavesTheRestAlone) {
  struct Case {
    std::int64_t heads, head_size, rotary;
    StepShape step;
  };
  for (const Case& c :
       {Case{2, 64, 64, {1, 5, 0}}, Case{3, 80, 32, {3, 5, 7}}, Case{1, 64, 64, {2, 1, 131071}},
        Case{2, 17, 6, {1, 130, 0}}, Case{2, 64, 0, {1, 3, 1}}}) {
    Attention attention;
    attention.head_size = c.head_size;
    attention.rotary_size = c.rotary;
    Tensor x = random(Element::fp16, c.step.rows(), c.heads * c.head_size);
    const Doubles expected = rotated(x, c.head_size, c.rotary, 500000, c.step);
    ops.rotate(x, c.heads, attention, 500000, c.step);
    expect_close(x, expected);
  }
}

TEST_F(Tokens, LastRowsAreThoseOfEachSequence) {
  const Tensor x = random(Element::fp16, 15, 33);
  Tensor out = poisoned(Element::fp32, 3, 33);
  ops.last_rows(x, {3, 5, 0}, out);
  const Doubles all = read(x);
  Doubles expected;
  for (const std::ptrdiff_t row : {4, 9, 14})
    expected.insert(expected.end(), all.begin() + row * 33, all.begin() + (row + 1) * 33);
  EXPECT_EQ(read(out), expected);
}

TEST_F(Tokens, SamplingTakesTheLargestOfTheLastTokensLogits) {
  Doubles logits(2 * 3 * 5000, -2.0);
  logits[2 * 5000 + 4999] = -1;    // sequence 0, its last token
  logits[3 * 5000 + 7] = 9;        // sequence 1, its first token: must not count
  logits[5 * 5000 + 4500] = -0.5;  // sequence 1, its last token
  EXPECT_EQ(sampled(holding(Element::fp16, 6, 5000, logits), 2), (Doubles{4999, 4500}));
  EXPECT_EQ(sampled(holding(Element::fp32, 6, 5000, logits), 2), (Doubles{4999, 4500}));
}

TEST_F(Tokens, TiesGoToTheLowestIndexAndNanNeverWins) {
  const double nan = std::nan("");
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 5, {1, 3, 3, 2, 3}), 1), Doubles{1});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 5, {nan, -3, nan, -2, nan}), 1), Doubles{3});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 3, {nan, -INFINITY, -INFINITY}), 1), Doubles{1});
  EXPECT_EQ(sampled(holding(Element::fp32, 1, 2, {nan, nan}), 1), Doubles{0});
}

}  // namespace
}  // namespace calibram
