// SPDX-License-Identifier: MIT
// Student's t against tables, and the p-values of degenerate coefficients.
#include "fit/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace calibram {
namespace {

TEST(Student, QuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_quantile(0.975, 2), 4.302653, 1e-6);
  EXPECT_NEAR(student_quantile(0.99, 5), 3.364930, 1e-6);
  EXPECT_NEAR(student_quantile(0.975, 30), 2.042272, 1e-6);
}

TEST(PEqualsOne, IsTwoSided) {
  EXPECT_NEAR(p_equals_one(1 + 4.302653, 1, 2), 0.05, 1e-7);
  EXPECT_NEAR(p_equals_one(1 - 4.302653, 1, 2), 0.05, 1e-7);
}

TEST(PEqualsOne, AnExactFitIsNotRejectedByItsRounding) {
  EXPECT_EQ(p_equals_one(1 + 1e-12, 1e-15, 3), 1);
  EXPECT_EQ(p_equals_one(1, 0, 3), 1);
}

TEST(PEqualsOne, AnExactlyWrongCoefficientIsRejected) { EXPECT_EQ(p_equals_one(1.1, 0, 3), 0); }

TEST(PEqualsOne, WithoutAnErrorThereIsNoAnswer) {
  EXPECT_TRUE(std::isnan(p_equals_one(1.1, std::numeric_limits<double>::quiet_NaN(), 3)));
}

}  // namespace
}  // namespace calibram
