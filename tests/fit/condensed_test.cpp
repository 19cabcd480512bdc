// SPDX-License-Identifier: MIT
// A condensed regression says what the whole one says.
#include "fit/condensed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace calibram {
namespace {

/// A line through noisy points, columns of very different size.
Regression tall(Eigen::Index rows) {
  std::mt19937_64 generator{7};
  std::normal_distribution<double> normal;
  Regression regression;
  regression.design.resize(rows, 3);
  regression.response.resize(rows);
  regression.variances.resize(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    regression.design.row(i) << 1, 1e9 + 1e8 * normal(generator), 1e3 * normal(generator);
    regression.response(i) = 5 + 2 * regression.design(i, 1) - regression.design(i, 2) + normal(generator);
    regression.variances(i) = 1 + static_cast<double>(i % 3);
  }
  return regression;
}

TEST(Condensed, HasTheSolutionOfTheWhole) {
  for (const Eigen::Index rows : {3, 4, 100, 512, 5000}) {
    const Regression whole = tall(rows);
    const Solution expected = solve(whole), condensed_solution = solve(condensed(whole));
    EXPECT_LE(condensed(whole).design.rows(), 4);
    const auto difference = (condensed_solution.coefficients - expected.coefficients).cwiseAbs().array();
    const auto errors = expected.known_covariance.diagonal().cwiseSqrt().array();
    EXPECT_TRUE((difference < 1e-4 * errors).all()) << rows << " rows: far below what the data can tell";
    EXPECT_TRUE(condensed_solution.known_covariance.isApprox(expected.known_covariance, 1e-6)) << rows;
  }
}

TEST(Condensed, KeepsTheResidualSumOfSquares) {
  const Regression whole = tall(1000);
  const Solution expected = solve(whole), few = solve(condensed(whole));
  const double sum = expected.residual_deviation * expected.residual_deviation * expected.degrees_of_freedom;
  EXPECT_NEAR(few.residual_deviation * few.residual_deviation * few.degrees_of_freedom, sum, 1e-6 * sum);
}

TEST(Condensed, CollinearColumnsStayCollinear) {
  Regression regression = tall(2000);
  regression.design.col(2) = 3 * regression.design.col(1);
  regression.names = {"one", "two", "three"};
  EXPECT_EQ(solve(condensed(regression)).collinear, (std::vector<std::string>{"two", "three"}));
}

}  // namespace
}  // namespace calibram
