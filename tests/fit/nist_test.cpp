// SPDX-License-Identifier: MIT
// Accuracy against the certified values of NIST's linear regression sets, in correct digits.
#include "tests/fit/regressions.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace calibram {
namespace {

void expect_digits(const Eigen::VectorXd& values, const std::vector<double>& truths, double least) {
  ASSERT_EQ(static_cast<std::size_t>(values.size()), truths.size());
  for (std::size_t j = 0; j < truths.size(); ++j)
    EXPECT_GE(digits(values(static_cast<Eigen::Index>(j)), truths[j]), least) << "coefficient " << j;
}

const std::vector<double> ones(6, 1.0);

// Certified for Wampler3; Wampler4 and 5 have 100 and 10,000 times these.
const std::vector<double> wampler3_errors = {2152.32624678170, 2363.55173469681, 779.343524331583,
                                             101.475507550350, 5.64566512170752, 0.112324854679312};

std::vector<double> times(double factor, std::vector<double> values) {
  for (double& value : values) value *= factor;
  return values;
}

TEST(Nist, Wampler1IsExact) {
  const Solution s = solve(wampler(1, 0));
  expect_digits(s.coefficients, ones, 8);
  EXPECT_LT(s.standard_errors.maxCoeff(), 1e-6);
  EXPECT_LT(s.residual_deviation, 1e-6);
  EXPECT_GE(digits(s.r_squared, 1), 12);
}

TEST(Nist, Wampler2IsExact) {
  const Solution s = solve(wampler(0.1, 0));
  expect_digits(s.coefficients, {1, 0.1, 0.01, 0.001, 0.0001, 0.00001}, 8);
  EXPECT_LT(s.standard_errors.maxCoeff(), 1e-9);
}

TEST(Nist, Wampler3To5SurviveNoiseAMillionTimesTheirCoefficients) {
  const double factors[] = {1, 100, 10000};
  const double least[] = {8, 7, 5};
  const double fractions[] = {0.999995559025820, 0.957478440825662, 0.224668921574940e-2};
  for (int k = 0; k < 3; ++k) {
    const Solution s = solve(wampler(1, factors[k]));
    expect_digits(s.coefficients, ones, least[k]);
    expect_digits(s.standard_errors, times(factors[k], wampler3_errors), 10);
    EXPECT_GE(digits(s.residual_deviation, factors[k] * 2360.14502379268), 10);
    EXPECT_GE(digits(s.r_squared, fractions[k]), 10);
  }
}

TEST(Nist, WithoutAConstantRSquaredIsAboutZero) {
  std::vector<double> x, y;
  for (int i = 60; i <= 70; ++i) x.push_back(i), y.push_back(i + 70);
  const Solution one = solve(proportional(x, y));
  EXPECT_GE(digits(one.coefficients(0), 2.07438016528926), 11);
  EXPECT_GE(digits(one.standard_errors(0), 0.0165289256198347), 10);
  EXPECT_GE(digits(one.r_squared, 0.999365492298663), 10);
  const Solution two = solve(proportional({4, 5, 6}, {3, 4, 4}));
  EXPECT_GE(digits(two.coefficients(0), 0.727272727272727), 11);
  EXPECT_GE(digits(two.residual_deviation, 0.369274472937998), 10);
  EXPECT_GE(digits(two.r_squared, 0.993348115299335), 10);
}

std::filesystem::path nist_file() { return shared_data() / "nist_strd_linear.json"; }

double number(const nlohmann::json& text) { return std::stod(text.get<std::string>()); }

std::vector<double> numbers(const nlohmann::json& texts) {
  std::vector<double> values;
  for (const auto& text : texts) values.push_back(number(text));
  return values;
}

/// Degree of the polynomial in the set's one regressor; 0: the columns are the data's own, -1: no constant.
int degree_of(const std::string& set) {
  if (set == "Longley") return 0;
  if (set.starts_with("NoInt")) return -1;
  if (set == "Filip") return 10;
  if (set.starts_with("Wampler")) return 5;
  return set == "Pontius" ? 2 : 1;
}

Regression regression_of(const std::string& set, const nlohmann::json& rows) {
  std::vector<double> x, y;
  for (const auto& row : rows) y.push_back(number(row[0])), x.push_back(number(row[1]));
  if (degree_of(set) > 0) return polynomial(x, y, degree_of(set));
  if (degree_of(set) < 0) return proportional(x, y);
  Regression regression;
  regression.response = vector_of(y);
  regression.design.setOnes(regression.response.size(), static_cast<Eigen::Index>(rows[0].size()));
  for (Eigen::Index i = 0; i < regression.design.rows(); ++i)
    for (Eigen::Index j = 1; j < regression.design.cols(); ++j)
      regression.design(i, j) = number(rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  regression.has_constant = true;
  return regression;
}

struct Demand {
  double coefficients, errors;
};

Demand demand_of(const std::string& set) {
  if (set == "Filip") return {6.5, 7};
  if (set == "Longley") return {10, 10};
  if (set == "Wampler4") return {7, 10};
  if (set == "Wampler5") return {5, 10};
  return set.starts_with("Wampler") ? Demand{8, 10} : Demand{11, 10};
}

TEST(Nist, AllSetsHaveTheirDigits) {
  const auto file = nist_file();
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << "nist_strd_linear.json is not here; name its folder in CALIBRAM_SHARED_DATA";
  const auto sets = nlohmann::json::parse(std::ifstream{file});
  ASSERT_EQ(sets.size(), 11u);
  for (const auto& [name, set] : sets.items()) {
    SCOPED_TRACE(name);
    const Solution s = solve(regression_of(name, set["rows_y_then_x"]));
    expect_digits(s.coefficients, numbers(set["coef"]), demand_of(name).coefficients);
    const auto errors = numbers(set["se"]);
    if (errors[0] > 0) {
      expect_digits(s.standard_errors, errors, demand_of(name).errors);
      EXPECT_GE(digits(s.residual_deviation, number(set["residual_sd"])), demand_of(name).errors);
    } else {
      EXPECT_LT(s.standard_errors.maxCoeff(), 1e-6);
    }
    EXPECT_GE(digits(s.r_squared, number(set["r2"])), 9);
    EXPECT_TRUE(s.collinear.empty());
  }
}

TEST(Nist, TheGeneratedWamplerSetsAreThePublishedOnes) {
  const auto file = nist_file();
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << "nist_strd_linear.json is not here; name its folder in CALIBRAM_SHARED_DATA";
  const auto sets = nlohmann::json::parse(std::ifstream{file});
  const double bases[] = {1, 0.1, 1, 1, 1}, errors[] = {0, 0, 1, 100, 10000};
  for (int k = 0; k < 5; ++k) {
    const std::string name = "Wampler" + std::to_string(k + 1);
    const Regression published = regression_of(name, sets[name]["rows_y_then_x"]);
    EXPECT_TRUE(published.response.isApprox(wampler(bases[k], errors[k]).response, 1e-15)) << name;
  }
}

}  // namespace
}  // namespace calibram
