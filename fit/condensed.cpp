// SPDX-License-Identifier: MIT
// QR of a tall matrix block by block: each block is reduced together with the triangle of those before it.
#include "fit/condensed.hpp"

#include <Eigen/QR>

#include <algorithm>

namespace calibram {
namespace {

using Eigen::Index;

// Rows at once: enough to amortise a reduction, few enough to stay in the cache.
constexpr Index block_rows = 512;

/// Rows [first, first + count), the response as their last column, each divided by its deviation.
Eigen::MatrixXd weighted_rows(const Regression& regression, Index first, Index count) {
  Eigen::MatrixXd rows(count, regression.design.cols() + 1);
  rows << regression.design.middleRows(first, count), regression.response.segment(first, count);
  if (regression.variances.size() > 0)
    rows.array().colwise() /= regression.variances.segment(first, count).array().sqrt();
  return rows;
}

}  // namespace

Regression condensed(const Regression& regression) {
  const Index rows = regression.design.rows(), columns = regression.design.cols();
  Eigen::MatrixXd triangle(0, columns + 1);
  for (Index first = 0; first < rows; first += block_rows) {
    const Index count = std::min(block_rows, rows - first);
    Eigen::MatrixXd stacked(triangle.rows() + count, columns + 1);
    stacked << triangle, weighted_rows(regression, first, count);
    const Index kept = std::min(stacked.rows(), columns + 1);
    triangle = Eigen::HouseholderQR<Eigen::MatrixXd>(stacked)
                   .matrixQR()
                   .topRows(kept)
                   .triangularView<Eigen::Upper>();
  }
  Regression result;
  result.design = triangle.leftCols(columns);
  result.response = triangle.rightCols(1);
  result.names = regression.names;
  return result;
}

}  // namespace calibram
