// SPDX-License-Identifier: MIT
// Copies of the hidden state that are predicted from each other and corrected by the one that was computed.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <Eigen/Core>

namespace calibram {
namespace {

using Line = Eigen::Map<Eigen::ArrayXf>;

float coefficient(const Tensor& coefficients, std::int64_t row, std::int64_t column) {
  float value = 0;
  load(coefficients, row * coefficients.columns + column, 1, &value);
  return value;
}

/// Where a part of a row of a copy begins.
std::int64_t place_in(const Tensor& copies, std::int64_t rows, std::int64_t copy, std::int64_t row,
                      std::int64_t first) {
  return (copy * rows + row) * copies.columns + first;
}

}  // namespace

void HostOps::predict_copies(const Tensor& copies, const Tensor& coefficients, Tensor& out) {
  check_predict_copies(copies, coefficients, out);
  const std::int64_t rows = coefficients.rows, count = copies.rows / rows;
  for (std::int64_t row = 0; row < rows; ++row)
    for_each_part(copies.columns, line_elements, [&](std::int64_t first, std::int64_t length) {
      Line sum{scratch_->line.data(), length}, other{scratch_->second.data(), length};
      for (std::int64_t i = 0; i < count; ++i) {
        load(copies, place_in(copies, rows, i, row, first), length, sum.data());
        for (std::int64_t j = 0; j < count; ++j) {
          load(copies, place_in(copies, rows, j, row, first), length, other.data());
          sum += coefficient(coefficients, row, i * count + j) * other;
        }
        store(sum.data(), length, out, place_in(out, rows, i, row, first));
      }
    });
}

void HostOps::correct_copies(const Tensor& computed, const Tensor& coefficients, Tensor& copies) {
  check_correct_copies(computed, coefficients, copies);
  const std::int64_t rows = computed.rows;
  for (std::int64_t row = 0; row < rows; ++row)
    for_each_part(copies.columns, line_elements, [&](std::int64_t first, std::int64_t length) {
      Line change{scratch_->line.data(), length}, copy{scratch_->second.data(), length};
      load(copies, place_in(copies, rows, 0, row, first), length, copy.data());
      load(computed, row * computed.columns + first, length, change.data());
      change -= copy;
      for (std::int64_t i = 0; i < coefficients.columns; ++i) {
        load(copies, place_in(copies, rows, i, row, first), length, copy.data());
        copy += (1 + coefficient(coefficients, row, i)) * change;
        store(copy.data(), length, copies, place_in(copies, rows, i, row, first));
      }
    });
}

}  // namespace calibram
