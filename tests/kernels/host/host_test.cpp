// SPDX-License-Identifier: MIT
// Tensors for kernel tests, and their comparison with double precision.
#include "tests/kernels/host/host_test.hpp"

#include "src/core/error.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

template <typename T>
T& at(const Tensor& tensor, std::size_t i) {
  return static_cast<T*>(tensor.data)[i];
}

/// IEEE 754 binary16, spelled out so that the kernels' conversion is tested too.
double from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == 31) return fraction ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

double element(const Tensor& tensor, std::size_t i) {
  switch (tensor.element) {
    case Element::fp32:
      return static_cast<double>(at<float>(tensor, i));
    case Element::fp16:
      return from_half(at<std::uint16_t>(tensor, i));
    case Element::int8:
      return at<std::int8_t>(tensor, i);
    case Element::int32:
      return at<std::int32_t>(tensor, i);
    case Element::raw8:
      break;
  }
  throw Error{"a packed tensor has no elements", "", ""};
}

void set(const Tensor& tensor, std::size_t i, double value) {
  switch (tensor.element) {
    case Element::fp32:
      at<float>(tensor, i) = static_cast<float>(value);
      return;
    case Element::fp16:
      at<Eigen::half>(tensor, i) = Eigen::half{static_cast<float>(value)};
      return;
    case Element::int8:
      at<std::int8_t>(tensor, i) = static_cast<std::int8_t>(std::lrint(value));
      return;
    case Element::int32:
      at<std::int32_t>(tensor, i) = static_cast<std::int32_t>(std::lrint(value));
      return;
    case Element::raw8:
      break;
  }
  throw Error{"a packed tensor has no elements", "", ""};
}

}  // namespace

Doubles read(const Tensor& tensor) {
  Doubles values(static_cast<std::size_t>(tensor.rows * tensor.columns));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element(tensor, i);
  return values;
}

void write(const Tensor& tensor, const Doubles& values) {
  ASSERT_EQ(values.size(), static_cast<std::size_t>(tensor.rows * tensor.columns));
  for (std::size_t i = 0; i < values.size(); ++i) set(tensor, i, values[i]);
}

HostTest::HostTest() : trace_{__FILE__, __LINE__, "random seed " + std::to_string(seed_)} {
  RecordProperty("seed", std::to_string(seed_));
}

Tensor HostTest::poisoned(Element element, std::int64_t rows, std::int64_t columns) {
  return ops.allocate(Term::activation, element, rows, columns);
}

Tensor HostTest::holding(Element element, std::int64_t rows, std::int64_t columns, const Doubles& values) {
  const Tensor tensor = poisoned(element, rows, columns);
  write(tensor, values);
  return tensor;
}

Tensor HostTest::random(Element element, std::int64_t rows, std::int64_t columns, double range) {
  std::uniform_real_distribution<double> uniform{-range, range};
  Doubles values(static_cast<std::size_t>(rows * columns));
  for (double& value : values) value = uniform(generator_);
  return holding(element, rows, columns, values);
}

Weight HostTest::random_int8_weight(std::int64_t rows, std::int64_t columns) {
  Weight weight{random(Element::int8, rows, columns, 127), random(Element::fp32, 1, rows, 0.005)};
  Doubles scales = read(weight.scales);
  for (double& scale : scales) scale += 0.01;
  write(weight.scales, scales);
  return weight;
}

void expect_close(const Doubles& actual, const Doubles& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  double greatest = 0;
  for (double value : expected) greatest = std::max(greatest, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_LE(std::abs(actual[i] - expected[i]), tolerance * greatest)
        << "element " << i << " is " << actual[i] << " instead of " << expected[i];
}

void expect_close(const Tensor& actual, const Doubles& expected, double tolerance) {
  expect_close(read(actual), expected, tolerance);
}

}  // namespace calibram
