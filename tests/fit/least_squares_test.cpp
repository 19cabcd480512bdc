// SPDX-License-Identifier: MIT
// Least squares: weights, clusters, collinearity, inflation, and what it refuses.
#include "fit/least_squares.hpp"

#include "src/core/error.hpp"
#include "tests/fit/regressions.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace calibram {
namespace {

using testing::UnorderedElementsAre;

/// Twelve rows, columns "constant", "a", "b" and their response 5 + 2 a + 3 b.
Regression plain() {
  Regression r;
  r.design.setOnes(12, 3);
  for (int i = 0; i < 12; ++i) r.design(i, 1) = i % 4, r.design(i, 2) = (i * i) % 7;
  r.response = r.design * Eigen::Vector3d{5, 2, 3};
  r.names = {"constant", "a", "b"};
  r.has_constant = true;
  return r;
}

Regression with_column(Regression r, const Eigen::VectorXd& column, const std::string& name) {
  r.design.conservativeResize(Eigen::NoChange, r.design.cols() + 1);
  r.design.rightCols(1) = column;
  r.names.push_back(name);
  return r;
}

TEST(LeastSquares, RecoversExactCoefficients) {
  const Solution s = solve(plain());
  EXPECT_NEAR(s.coefficients(0), 5, 1e-12);
  EXPECT_NEAR(s.coefficients(1), 2, 1e-12);
  EXPECT_NEAR(s.coefficients(2), 3, 1e-12);
  EXPECT_NEAR(s.r_squared, 1, 1e-12);
  EXPECT_EQ(s.rank, 3);
  EXPECT_EQ(s.degrees_of_freedom, 9);
  EXPECT_TRUE(s.collinear.empty());
}

TEST(LeastSquares, EveryMemberOfADependencyIsNamedAndNotFitted) {
  Regression r = plain();
  const Eigen::VectorXd planted = 2 * r.design.col(1) + 7 * r.design.col(0);
  r = with_column(r, planted, "planted");
  const Solution s = solve(r);
  EXPECT_THAT(s.collinear, UnorderedElementsAre("constant", "a", "planted"));
  EXPECT_EQ(s.rank, 3);
  EXPECT_TRUE(std::isnan(s.coefficients(1)));
  EXPECT_TRUE(std::isnan(s.coefficients(3)));
  EXPECT_TRUE(std::isnan(s.standard_errors(3)));
  EXPECT_NEAR(s.coefficients(2), 3, 1e-12) << "what the data do determine is still fitted";
  EXPECT_LT(s.residuals.norm(), 1e-9);
  EXPECT_TRUE(std::isinf(s.condition_number));
}

TEST(LeastSquares, AColumnOfZerosIsNamed) {
  const Solution s = solve(with_column(plain(), Eigen::VectorXd::Zero(12), "nothing"));
  EXPECT_THAT(s.collinear, UnorderedElementsAre("nothing"));
  EXPECT_NEAR(s.coefficients(0), 5, 1e-12);
}

TEST(LeastSquares, UnitsDoNotMatter) {
  Regression bytes = plain();
  bytes.design.col(1) *= 1e11;
  bytes.design.col(2) *= 1e-9;
  const Solution s = solve(bytes), p = solve(plain());
  EXPECT_NEAR(s.coefficients(1) * 1e11, 2, 1e-10);
  EXPECT_NEAR(s.condition_number / p.condition_number, 1, 1e-9);
}

TEST(LeastSquares, AnUncertainRowCountsLess) {
  Regression r;
  r.design.setOnes(3, 1);
  r.response = Eigen::Vector3d{10, 10, 100};
  r.has_constant = true;
  EXPECT_NEAR(solve(r).coefficients(0), 40, 1e-12);
  r.variances = Eigen::Vector3d{1, 1, 4};
  const Solution s = solve(r);
  EXPECT_NEAR(s.coefficients(0), (10 + 10 + 25) / 2.25, 1e-12);
  EXPECT_NEAR(s.known_covariance(0, 0), 1 / 2.25, 1e-12);
}

// Rows of one cluster share an offset: they hold less information than independent rows.
TEST(LeastSquares, SharedOffsetsWidenClusteredErrors) {
  Regression r;
  r.design.setOnes(40, 1);
  r.response.resize(40);
  r.has_constant = true;
  for (int i = 0; i < 40; ++i) {
    r.clusters.push_back(i / 10);
    r.response(i) = (i / 10 % 2 == 0 ? 1.0 : -1.0) + (i % 2 == 0 ? 0.1 : -0.1);
  }
  const Solution s = solve(r);
  EXPECT_GT(s.robust_errors(0), 2.5 * s.standard_errors(0));
  // By hand: cluster sums +-10, so (4/3)(39/39) * 4 * 100 / 40^2.
  EXPECT_NEAR(s.robust_errors(0), std::sqrt(4.0 / 3.0 * 400.0 / 1600.0), 1e-12);
  EXPECT_NEAR(s.covariance(0, 0), s.robust_errors(0) * s.robust_errors(0), 1e-12);
}

TEST(LeastSquares, ASingleClusterHasNoKnownError) {
  Regression r = plain();
  r.clusters.assign(12, 3);
  EXPECT_TRUE(std::isnan(solve(r).robust_errors(1)));
}

TEST(LeastSquares, AnOrthogonalDesignInflatesNothing) {
  Regression r;
  r.design.resize(4, 3);
  r.design << 1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1;
  r.response = Eigen::Vector4d{1, 2, 3, 5};
  r.has_constant = true;
  const Solution s = solve(r);
  for (int j = 0; j < 3; ++j) EXPECT_NEAR(s.variance_inflation(j), 1, 1e-12);
  EXPECT_NEAR(s.condition_number, 1, 1e-12);
}

// The definition: 1 / (1 - R2) of the column regressed on the others.
TEST(LeastSquares, InflationFollowsFromTheOtherColumns) {
  Regression r = plain();
  Eigen::VectorXd near = r.design.col(1);
  for (int i = 0; i < 12; ++i) near(i) += 100 + 0.3 * ((i * 5) % 3);
  const Solution s = solve(with_column(r, near, "near"));
  Regression auxiliary = plain();
  auxiliary.response = near;
  EXPECT_NEAR(s.variance_inflation(3), 1 / (1 - solve(auxiliary).r_squared), 1e-6);
  EXPECT_GT(s.variance_inflation(3), 10);
}

TEST(LeastSquares, WithoutFreeRowsErrorsAreUnknownNotZero) {
  Regression r = plain();
  r.design = r.design.topRows(3).eval();
  r.response = r.response.head(3).eval();
  const Solution s = solve(r);
  EXPECT_NEAR(s.coefficients(1), 2, 1e-12);
  EXPECT_TRUE(std::isnan(s.standard_errors(1)));
}

TEST(LeastSquares, RefusesWhatItCannotFit) {
  Regression few = plain();
  few.design = few.design.topRows(2).eval();
  few.response = few.response.head(2).eval();
  EXPECT_THROW(solve(few), InputError);

  Regression infinite = plain();
  infinite.design(3, 1) = std::numeric_limits<double>::infinity();
  EXPECT_THROW(solve(infinite), InputError);

  Regression absent = plain();
  absent.response(5) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(solve(absent), InputError);

  Regression certain = plain();
  certain.variances = Eigen::VectorXd::Zero(12);
  EXPECT_THROW(solve(certain), InputError);

  Regression shorter = plain();
  shorter.response = shorter.response.head(11).eval();
  EXPECT_THROW(solve(shorter), InputError);

  Regression promised = plain();
  promised.design(0, 0) = 2;
  EXPECT_THROW(solve(promised), InputError);
}

}  // namespace
}  // namespace calibram
