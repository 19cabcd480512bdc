// SPDX-License-Identifier: MIT
// The outlier test, against NIST's worked example, and its limits.
#include "fit/outliers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Rosner's data as NIST/SEMATECH e-Handbook 1.3.5.17.3 prints them. At 5 % it finds three outliers, although
// neither the first nor the first two are found by themselves: 3.118 < 3.158, 2.942 < 3.151, 3.179 > 3.143.
constexpr std::array rosner = {-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49,
                               1.49,  1.55, 1.56, 1.58, 1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91,
                               1.94,  1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26,
                               2.35,  2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93,
                               3.21,  3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01};

TEST(Outliers, NistsExampleHasThree) { EXPECT_THAT(find_outliers(rosner, 0, 0.05), ElementsAre(53, 52, 51)); }

TEST(Outliers, TwoThatHideEachOtherAreFound) {
  EXPECT_THAT(find_outliers(std::array{1.0, 1.1, 0.9, 1.05, 0.95, 9.0, 9.1}, 0, 0.001),
              UnorderedElementsAre(5, 6));
}

TEST(Outliers, OneOfThreeIsFoundWhereTheOthersAgree) {
  EXPECT_THAT(find_outliers(std::array{5.0, 5.0, 500.0}, 0.001, 0.001), ElementsAre(2));
}

TEST(Outliers, OfTwoNobodyCanTell) { EXPECT_THAT(find_outliers(std::array{1.0, 500.0}, 0, 0.05), IsEmpty()); }

TEST(Outliers, EqualValuesHaveNone) {
  EXPECT_THAT(find_outliers(std::array{3.0, 3.0, 3.0, 3.0}, 0, 0.05), IsEmpty());
}

TEST(Outliers, WhatIsWithinTheKnownErrorIsNone) {
  EXPECT_THAT(find_outliers(std::array{0.0, 0.0, 0.0, 0.0, 1.0}, 0, 0.01), ElementsAre(4));
  EXPECT_THAT(find_outliers(std::array{0.0, 0.0, 0.0, 0.0, 1.0}, 2, 0.01), IsEmpty());
}

// Of 2000 normal samples some 1 % have one: 20 ± 4.5. More than 40 would be four deviations and a half.
TEST(Outliers, ChanceFindsThemAsOftenAsTheSignificanceSays) {
  std::mt19937_64 generator{7};
  std::normal_distribution<double> normal;
  int found = 0;
  for (int sample = 0; sample < 2000; ++sample) {
    std::array<double, 25> values;
    for (double& value : values) value = normal(generator);
    found += find_outliers(values, 0, 0.01).empty() ? 0 : 1;
  }
  EXPECT_GT(found, 4);
  EXPECT_LT(found, 40);
}

}  // namespace
}  // namespace calibram
