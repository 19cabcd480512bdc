// SPDX-License-Identifier: MIT
// A line is a regression on two columns.
#include "fit/line.hpp"

#include "fit/least_squares.hpp"
#include "src/core/error.hpp"

namespace calibram {

Line fit_line(const std::vector<double>& x, const std::vector<double>& y) {
  const auto rows = static_cast<Eigen::Index>(x.size());
  Regression regression;
  regression.design.setOnes(rows, 2);
  regression.design.col(1) = Eigen::Map<const Eigen::VectorXd>(x.data(), rows);
  regression.response = Eigen::Map<const Eigen::VectorXd>(y.data(), rows);
  regression.names = {"intercept", "slope"};
  regression.has_constant = true;
  const Solution solution = solve(regression);
  if (!solution.collinear.empty())
    throw InputError{"cannot put a line through these points", "they have one x",
                     "measure two context lengths"};
  return {solution.coefficients(0), solution.coefficients(1)};
}

}  // namespace calibram
