// SPDX-License-Identifier: MIT
// RMSNorm and LayerNorm against plain loops in double precision.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cmath>

namespace calibram {
namespace {

constexpr double epsilon = 1e-5;

class NormTest : public HostTest {};

Doubles normed(Norm kind, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Doubles values = read(x);
  const Doubles w = read(weight), b = read(bias);
  const auto columns = w.size();
  for (std::size_t first = 0; first < values.size(); first += columns) {
    double mean = 0, square = 0;
    if (kind == Norm::layer)
      for (std::size_t i = 0; i < columns; ++i) mean += values[first + i] / static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      square += (values[first + i] - mean) * (values[first + i] - mean) / static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      values[first + i] =
          (values[first + i] - mean) / std::sqrt(square + epsilon) * w[i] + (b.empty() ? 0 : b[i]);
  }
  return values;
}

TEST_F(NormTest, RowsOfAnyLengthWithAndWithoutBias) {
  for (const Norm kind : {Norm::rms, Norm::layer})
    for (const std::int64_t columns : {17, 33, 64, 5000})
      for (const bool has_bias : {false, true}) {
        const Tensor x = random(Element::fp16, 5, columns), weight = random(Element::fp16, 1, columns);
        const Tensor bias = has_bias ? random(Element::fp16, 1, columns) : Tensor{};
        Tensor out = poisoned(Element::fp16, 5, columns);
        ops.norm(kind, epsilon, x, weight, bias, out);
        expect_close(out, normed(kind, x, weight, bias));
      }
}

TEST_F(NormTest, TheOutputMayBeTheInput) {
  Tensor x = random(Element::fp16, 3, 33);
  const Tensor weight = random(Element::fp16, 1, 33);
  const Doubles expected = normed(Norm::layer, x, weight, {});
  ops.norm(Norm::layer, epsilon, x, weight, {}, x);
  expect_close(x, expected);
}

TEST_F(NormTest, HeadsAreNormedThroughAReshapedView) {
  const Tensor x = random(Element::fp16, 5, 4 * 16), weight = random(Element::fp16, 1, 16);
  Tensor out = poisoned(Element::fp16, 5, 4 * 16), heads = out.reshaped(20);
  ops.norm(Norm::rms, epsilon, x.reshaped(20), weight, {}, heads);
  expect_close(out, normed(Norm::rms, x.reshaped(20), weight, {}));
}

TEST_F(NormTest, TheSquaresOfLargeHalvesDoNotOverflow) {
  Tensor x = holding(Element::fp16, 1, 64, Doubles(64, 60000.0));
  const Tensor ones = holding(Element::fp16, 1, 64, Doubles(64, 1.0));
  ops.norm(Norm::rms, epsilon, x, ones, {}, x);
  expect_close(x, Doubles(64, 1.0));
}

TEST_F(NormTest, AConstantOffsetDoesNotSpoilTheVariance) {
  Doubles values;
  for (int i = 0; i < 64; ++i) values.push_back(30000 + 16 * (i % 2));
  Tensor x = holding(Element::fp16, 1, 64, values);
  const Tensor ones = holding(Element::fp16, 1, 64, Doubles(64, 1.0));
  const Doubles expected = normed(Norm::layer, x, ones, {});
  ops.norm(Norm::layer, epsilon, x, ones, {}, x);
  expect_close(x, expected);
}

TEST_F(NormTest, WithoutAWeightRowsAreScaledAlone) {
  Tensor x = random(Element::fp16, 3, 20);
  const Tensor ones = holding(Element::fp16, 1, 20, Doubles(20, 1.0));
  const Doubles expected = normed(Norm::layer, x, ones, {});
  ops.norm(Norm::layer, epsilon, x, {}, {}, x);
  expect_close(x, expected);
}

TEST_F(NormTest, RowsTakeTheRowsOfAWeightInTurns) {
  const Tensor x = random(Element::fp16, 6, 5000), weight = random(Element::fp16, 3, 5000);
  Tensor out = poisoned(Element::fp16, 6, 5000);
  ops.norm(Norm::rms, epsilon, x, weight, {}, out);
  for (std::int64_t row = 0; row < 6; ++row) {
    const Tensor one = out.row_range({row, 1});
    expect_close(one, normed(Norm::rms, x.row_range({row, 1}), weight.row_range({row % 3, 1}), {}));
  }
}

TEST_F(NormTest, AWeightOfAnotherLengthIsRefused) {
  Tensor x = random(Element::fp16, 2, 16);
  EXPECT_THROW(ops.norm(Norm::rms, epsilon, x, random(Element::fp16, 1, 17), {}, x), InputError);
  EXPECT_THROW(ops.norm(Norm::rms, epsilon, x, random(Element::fp16, 1, 8), {}, x), InputError);
  EXPECT_THROW(ops.norm(Norm::rms, epsilon, x, random(Element::fp16, 3, 16), {}, x), InputError);
}

}  // namespace
}  // namespace calibram
