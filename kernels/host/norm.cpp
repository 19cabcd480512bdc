// SPDX-License-Identifier: MIT
// RMSNorm and LayerNorm of rows of any length.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <Eigen/Core>

#include <cmath>

namespace calibram {
namespace {

using Line = Eigen::Map<Eigen::ArrayXf>;

/// What is subtracted from the elements of a row, and what they are multiplied with.
struct Scaling {
  float shift = 0;
  float factor = 1;
};

/// The mean of f(line) over the elements of a row. Lines are summed as floats, their sums as doubles.
template <typename Function>
double row_mean(const Tensor& x, std::int64_t row, Scratch& scratch, Function&& f) {
  double sum = 0;
  for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
    load(x, row * x.columns + first, count, scratch.line.data());
    sum += static_cast<double>(f(Line{scratch.line.data(), count}));
  });
  return sum / static_cast<double>(x.columns);
}

Scaling scaling_of(Norm kind, double epsilon, const Tensor& x, std::int64_t row, Scratch& scratch) {
  Scaling scaling;
  if (kind == Norm::layer)
    scaling.shift =
        static_cast<float>(row_mean(x, row, scratch, [](const Line& line) { return line.sum(); }));
  const double square =
      row_mean(x, row, scratch, [&](const Line& line) { return (line - scaling.shift).square().sum(); });
  scaling.factor = static_cast<float>(1 / std::sqrt(square + epsilon));
  return scaling;
}

}  // namespace

void HostOps::norm(Norm kind, double epsilon, const Tensor& x, const Tensor& weight, const Tensor& bias,
                   Tensor& out) {
  check_norm(x, weight, bias, out);
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const Scaling scaling = scaling_of(kind, epsilon, x, row, *scratch_);
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      Line line{scratch_->line.data(), count}, other{scratch_->second.data(), count};
      load(x, row * x.columns + first, count, line.data());
      line = (line - scaling.shift) * scaling.factor;
      if (!weight.empty()) {
        load(weight, row * x.columns % element_count(weight) + first, count, other.data());
        line *= other;
      }
      if (!bias.empty()) {
        load(bias, first, count, other.data());
        line += other;
      }
      store(line.data(), count, out, row * x.columns + first);
    });
  }
}

}  // namespace calibram
