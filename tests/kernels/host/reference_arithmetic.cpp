// SPDX-License-Identifier: MIT
// The reference's arithmetic on single rows.
#include "tests/kernels/host/reference_arithmetic.hpp"

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

/// @param weight, bias  of these elements; null for none
void norm_part(Norm kind, double epsilon, double* x, std::size_t count, const double* weight,
               const double* bias) {
  double mean = 0, variance = 0;
  if (kind == Norm::layer)
    for (std::size_t i = 0; i < count; ++i) mean += x[i] / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i)
    variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = (x[i] - mean) / std::sqrt(variance + epsilon);
    if (weight) x[i] *= weight[i];
    if (bias) x[i] += bias[i];
  }
}

}  // namespace

double quantise(double* x, std::size_t count) {
  double greatest = 0;
  for (std::size_t i = 0; i < count; ++i) greatest = std::max(greatest, std::abs(x[i]));
  const auto scale = static_cast<double>(static_cast<float>(greatest / 127));  // scales are FP32
  for (std::size_t i = 0; i < count; ++i) x[i] = scale > 0 ? std::nearbyint(x[i] / scale) : 0;
  return scale;
}

void pass_through_int8(Rows& x, std::size_t size) {
  for (Doubles& row : x)
    for (std::size_t first = 0; first < row.size(); first += size) {
      const double scale = quantise(&row[first], size);
      for (std::size_t i = 0; i < size; ++i) row[first + i] *= scale;
    }
}

double rounded_to_half(double x) {
  if (x == 0) return x;
  const double step = std::ldexp(1, std::max(std::ilogb(x), -14) - 10);
  return std::nearbyint(x / step) * step;
}

Rows normed_parts(Norm kind, double epsilon, Rows x, std::size_t size, const Doubles& weight,
                  const Doubles& bias) {
  const auto from = [](const Doubles& values, std::size_t first) {
    return values.empty() ? nullptr : &values[first % values.size()];
  };
  for (Doubles& row : x)
    for (std::size_t first = 0; first < row.size(); first += size)
      norm_part(kind, epsilon, &row[first], size, from(weight, first), from(bias, first));
  return x;
}

double activated(Activation kind, double x) {
  switch (kind) {
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::gelu:  // the tanh approximation
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::relu_squared:
      return std::max(x, 0.0) * std::max(x, 0.0);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
  }
  return std::nan("");
}

double softplus(double x) { return std::log1p(std::exp(x)); }

Rows columns(const Rows& x, std::int64_t first, std::int64_t count) {
  Rows out;
  for (const Doubles& row : x) out.emplace_back(row.begin() + first, row.begin() + first + count);
  return out;
}

}  // namespace calibram
