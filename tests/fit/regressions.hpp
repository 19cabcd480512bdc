// SPDX-License-Identifier: MIT
// Regressions for tests: polynomials, NIST's generated sets, and the unit of their accuracy.
#pragma once

#include "fit/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace calibram {

/// Correct digits of `value`, NIST's log relative error; absolute where the truth is 0, 15 at most.
inline double digits(double value, double truth) {
  const double error = std::abs(value - truth) / (truth == 0 ? 1.0 : std::abs(truth));
  if (!(error >= 0)) return 0;
  return error == 0 ? 15.0 : std::min(15.0, -std::log10(error));
}

inline Eigen::VectorXd vector_of(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// y as a polynomial of x: columns 1, x, x^2, ...
inline Regression polynomial(const std::vector<double>& x, const std::vector<double>& y, int degree) {
  Regression regression;
  regression.design.resize(static_cast<Eigen::Index>(x.size()), degree + 1);
  for (Eigen::Index i = 0; i < regression.design.rows(); ++i)
    for (int j = 0; j <= degree; ++j)
      regression.design(i, j) =
          static_cast<double>(std::pow(static_cast<long double>(x[static_cast<std::size_t>(i)]), j));
  regression.response = vector_of(y);
  regression.has_constant = true;
  return regression;
}

/// NIST's Wampler sets: a polynomial of degree 5 whose coefficients are powers of `base`, plus a fixed error
/// pattern times `error`.
inline Regression wampler(double base, double error) {
  constexpr double pattern[] = {759,   -2048, 2048,  -2048, 2523,  -2048, 2048,  -2048, 1838,  -2048, 2048,
                                -2048, 1838,  -2048, 2048,  -2048, 2523,  -2048, 2048,  -2048, 759};
  std::vector<double> x, y;
  for (int i = 0; i <= 20; ++i) {
    long double sum = 0;
    for (int j = 0; j <= 5; ++j)
      sum += std::pow(static_cast<long double>(base), j) * std::pow(static_cast<long double>(i), j);
    x.push_back(i);
    y.push_back(static_cast<double>(sum) + error * pattern[i]);
  }
  return polynomial(x, y, 5);
}

/// A line through the origin.
inline Regression proportional(const std::vector<double>& x, const std::vector<double>& y) {
  Regression regression;
  regression.design = vector_of(x);
  regression.response = vector_of(y);
  return regression;
}

}  // namespace calibram
