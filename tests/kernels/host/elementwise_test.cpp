// SPDX-License-Identifier: MIT
// Activations, products, sums and conversion.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cmath>
#include <functional>
#include <utility>

namespace calibram {
namespace {

double silu(double x) { return x / (1 + std::exp(-x)); }
double gelu(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}
double relu(double x) { return std::max(x, 0.0); }
double relu_squared(double x) { return relu(x) * relu(x); }

using Function = std::function<double(double)>;
const std::pair<Activation, Function> activations[] = {{Activation::silu, silu},
                                                       {Activation::gelu, gelu},
                                                       {Activation::relu, relu},
                                                       {Activation::relu_squared, relu_squared}};
// Columns that fill no vector register, and more than one line of scratch.
const std::int64_t widths[] = {1, 17, 33, 5000};

class Elementwise : public HostTest {};

TEST_F(Elementwise, ActivationsFollowTheirDefinitions) {
  for (const auto& [kind, function] : activations)
    for (const std::int64_t columns : widths) {
      const Tensor x = random(Element::fp16, 3, columns, 6);
      Tensor out = poisoned(Element::fp16, 3, columns);
      Doubles expected = read(x);
      for (double& value : expected) value = function(value);
      ops.activate(kind, x, out);
      expect_close(out, expected);
    }
}

TEST_F(Elementwise, ActivationsHoldAtTheEndsOfTheRange) {
  const Doubles ends{-65504, -100, 0, 100, 65504};
  for (const auto& [kind, function] : activations) {
    Tensor x = holding(Element::fp16, 1, 5, ends);
    ops.activate(kind, x, x);
    // Squares leave the range of FP16, as they would in any engine.
    EXPECT_EQ(read(x), kind == Activation::relu_squared ? (Doubles{0, 0, 0, 10000, INFINITY})
                                                        : (Doubles{0, 0, 0, 100, 65504}));
  }
}

TEST_F(Elementwise, ANanPassesThroughEveryOperation) {
  for (const auto& [kind, function] : activations) {
    Tensor x = holding(Element::fp16, 1, 1, {std::nan("")});
    ops.activate(kind, x, x);
    EXPECT_TRUE(std::isnan(read(x).front()));
  }
  Tensor x = holding(Element::fp16, 1, 1, {std::nan("")}), zero = holding(Element::fp16, 1, 1, {0});
  ops.multiply(zero, x, zero);
  EXPECT_TRUE(std::isnan(read(zero).front()));
}

TEST_F(Elementwise, ProductsAndSumsWorkInPlaceAndOutOfPlace) {
  for (const std::int64_t columns : widths) {
    Tensor x = random(Element::fp16, 5, columns), out = poisoned(Element::fp32, 5, columns);
    const Tensor y = random(Element::fp16, 5, columns);
    Doubles products = read(x), sums = read(x);
    const Doubles others = read(y);
    for (std::size_t i = 0; i < others.size(); ++i) {
      products[i] *= others[i];
      sums[i] += others[i];
    }
    ops.multiply(x, y, out);
    expect_close(out, products);
    ops.add(x, y, x);
    expect_close(x, sums);
  }
}

TEST_F(Elementwise, AFactorForEveryRowOrColumn) {
  for (const std::int64_t columns : widths) {
    const Tensor x = random(Element::fp16, 5, columns), of_rows = random(Element::fp16, 5, 1),
                 of_columns = random(Element::fp32, 1, columns);
    Tensor by_row = poisoned(Element::fp16, 5, columns), by_column = poisoned(Element::fp32, 5, columns);
    Doubles rows = read(x), all = read(x);
    const Doubles row_factors = read(of_rows), column_factors = read(of_columns);
    const auto width = static_cast<std::size_t>(columns);
    for (std::size_t i = 0; i < all.size(); ++i) {
      rows[i] *= row_factors[i / width];
      all[i] *= column_factors[i % width];
    }
    ops.multiply(x, of_rows, by_row);
    expect_close(by_row, rows);
    ops.multiply(x, of_columns, by_column);
    expect_close(by_column, all);
  }
}

TEST_F(Elementwise, ColumnsAreCopiedAndTheOthersKept) {
  const Tensor x = random(Element::fp16, 4, 9);
  Tensor out = random(Element::fp16, 4, 12);
  Doubles expected = read(out);
  const Doubles from = read(x);
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t i = 0; i < 5; ++i) expected[row * 12 + 7 + i] = from[row * 9 + 3 + i];
  ops.copy_columns(x, 3, 5, out, 7);
  EXPECT_EQ(read(out), expected);
  EXPECT_THROW(ops.copy_columns(x, 5, 5, out, 0), InputError);
  EXPECT_THROW(ops.copy_columns(x, 0, 5, out, 8), InputError);
}

TEST_F(Elementwise, EveryHalfConvertsToFloatAndBack) {
  Tensor halves = poisoned(Element::fp16, 1, 65536);
  for (int bits = 0; bits < 65536; ++bits)
    static_cast<std::uint16_t*>(halves.data)[bits] = static_cast<std::uint16_t>(bits);
  Tensor floats = poisoned(Element::fp32, 1, 65536), back = poisoned(Element::fp16, 1, 65536);
  ops.convert(halves, floats);
  ops.convert(floats, back);
  const Doubles expected = read(halves), wide = read(floats), narrow = read(back);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i])) {
      ASSERT_TRUE(std::isnan(wide[i]) && std::isnan(narrow[i])) << i;
    } else {
      ASSERT_EQ(wide[i], expected[i]) << i;
      ASSERT_EQ(narrow[i], expected[i]) << i;
    }
  }
}

TEST_F(Elementwise, NarrowingRoundsToTheNearestEvenWhereverTheElementStands) {
  // 1 + 2^-11 lies between 1 and 1 + 2^-10; the vector loop and its remainder must agree.
  const double step = std::ldexp(1, -10);
  Doubles values(19, 1 + step / 2), expected(19, 1.0);
  values[3] = values[18] = 1 + 1.5 * step;
  expected[3] = expected[18] = 1 + 2 * step;
  values[4] = 65519;
  expected[4] = 65504;
  values[5] = 65520;
  expected[5] = INFINITY;
  Tensor out = poisoned(Element::fp16, 1, 19);
  ops.convert(holding(Element::fp32, 1, 19, values), out);
  EXPECT_EQ(read(out), expected);
}

TEST_F(Elementwise, TensorsOfOtherSizesOrFormatsAreRefused) {
  Tensor x = random(Element::fp16, 2, 8), out = poisoned(Element::fp16, 2, 9),
         raw = poisoned(Element::raw8, 2, 8);
  EXPECT_THROW(ops.activate(Activation::silu, x, out), InputError);
  EXPECT_THROW(ops.add(x, out, x), InputError);
  EXPECT_THROW(ops.convert(x, raw), InputError);
  EXPECT_THROW(ops.multiply(x, raw, x), InputError);
  EXPECT_THROW(ops.multiply(x, random(Element::fp16, 3, 1), x), InputError);
  EXPECT_THROW(ops.fill_zeros(raw), InputError);
}

}  // namespace
}  // namespace calibram
