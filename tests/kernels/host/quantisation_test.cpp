// SPDX-License-Identifier: MIT
// Rows to INT8 and back.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

class Quantise : public HostTest {
 protected:
  struct Result {
    Tensor values, scales;
  };
  Result quantised(const Tensor& x, std::int64_t columns) {
    Result result{poisoned(Element::int8, x.rows, columns), poisoned(Element::fp32, x.rows, 1)};
    ops.quantise(x, result.values, result.scales);
    return result;
  }
};

TEST_F(Quantise, EveryElementIsWithinHalfAStepAndTheLargestUsesAllSteps) {
  for (const std::int64_t columns : {1, 17, 33, 5000}) {
    const Tensor x = random(Element::fp16, 5, columns, 3);
    const Result result = quantised(x, columns);
    const Doubles inputs = read(x), values = read(result.values), scales = read(result.scales);
    for (std::size_t row = 0; row < 5; ++row) {
      double greatest = 0;
      const auto first = row * static_cast<std::size_t>(columns);
      for (std::size_t i = first; i < first + static_cast<std::size_t>(columns); ++i) {
        greatest = std::max(greatest, std::abs(inputs[i]));
        ASSERT_LE(std::abs(values[i] * scales[row] - inputs[i]), 0.5001 * scales[row]);
        ASSERT_LE(std::abs(values[i]), 127);
      }
      ASSERT_NEAR(scales[row], greatest / 127, 1e-6 * greatest);
    }
  }
}

TEST_F(Quantise, TiesGoToTheEvenNeighbour) {
  const Tensor x = holding(Element::fp16, 1, 6, {127, 0.5, 1.5, 2.5, -0.5, -1.5});
  EXPECT_EQ(read(quantised(x, 6).values), (Doubles{127, 0, 2, 2, 0, -2}));
}

TEST_F(Quantise, ColumnsBeyondTheInputAreZero) {
  const Doubles values = read(quantised(random(Element::fp16, 3, 17), 32).values);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i % 32 >= 17) {
      ASSERT_EQ(values[i], 0) << i;
    }
}

TEST_F(Quantise, ARowOfZerosHasTheScaleZero) {
  const Result result = quantised(holding(Element::fp16, 1, 3, {0, 0, 0}), 3);
  EXPECT_EQ(read(result.values), (Doubles{0, 0, 0}));
  EXPECT_EQ(read(result.scales), Doubles{0});
}

TEST_F(Quantise, WhatIsNotFiniteShowsInTheScale) {
  for (const double bad : {std::nan(""), double{INFINITY}})
    for (const std::size_t place : {std::size_t{0}, std::size_t{4999}}) {
      Doubles row(5000, 1.0);
      row[place] = bad;
      EXPECT_TRUE(std::isnan(read(quantised(holding(Element::fp16, 1, 5000, row), 5000).scales).front()));
    }
}

TEST_F(Quantise, TheSmallestFloatsStayWithinTheirSteps) {
  const Doubles values = read(quantised(holding(Element::fp32, 1, 2, {1e-44, -3e-44}), 2).values);
  for (const double value : values) EXPECT_LE(std::abs(value), 127);
}

using Dequantise = Quantise;

TEST_F(Dequantise, ScalesRowsAndChannelsAndAddsTheBias) {
  for (const std::int64_t columns : {1, 33, 5000})
    for (const bool has_bias : {false, true}) {
      const Weight weight = random_int8_weight(columns, 16);
      const Tensor sums = random(Element::int32, 5, columns, 1e6), rows = random(Element::fp32, 5, 1);
      const Tensor bias = has_bias ? random(Element::fp16, 1, columns, 100) : Tensor{};
      Tensor out = poisoned(Element::fp16, 5, columns);
      ops.dequantise(sums, rows, weight, bias, out);
      const Doubles a = read(sums), r = read(rows), c = read(weight.scales), b = read(bias);
      Doubles expected;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const std::size_t row = i / static_cast<std::size_t>(columns),
                          column = i % static_cast<std::size_t>(columns);
        expected.push_back(a[i] * r[row] * c[column] + (has_bias ? b[column] : 0));
      }
      expect_close(out, expected);
    }
}

TEST_F(Dequantise, TheWholePathIsNearTheProductOfTheRealNumbers) {
  const Tensor x = random(Element::fp16, 5, 100);
  Weight weight{poisoned(Element::int8, 33, 112), poisoned(Element::fp32, 33, 1)};
  const Tensor real = random(Element::fp16, 33, 100);
  ops.quantise(real, weight.values, weight.scales);
  const Result input = quantised(x, 112);
  Tensor sums = poisoned(Element::int32, 5, 33), out = poisoned(Element::fp32, 5, 33);
  Tensor expected = poisoned(Element::fp32, 5, 33);
  ops.matmul_int8(input.values, weight, sums);
  ops.dequantise(sums, input.scales, weight, {}, out);
  ops.matmul(x, {real, {}}, {}, expected);
  // 100 products, each off by at most half a step (1/254) of either factor.
  const Doubles a = read(out), b = read(expected);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 100 * 2 / 254.0);
}

TEST_F(Dequantise, ScalesOfAnotherLengthAreRefused) {
  Tensor out = poisoned(Element::fp16, 2, 4);
  const Tensor sums = random(Element::int32, 2, 4), rows = random(Element::fp32, 2, 1);
  EXPECT_THROW(ops.dequantise(sums, rows, random_int8_weight(5, 16), {}, out), InputError);
  EXPECT_THROW(ops.dequantise(sums, random(Element::fp32, 3, 1), random_int8_weight(4, 16), {}, out),
               InputError);
}

}  // namespace
}  // namespace calibram
