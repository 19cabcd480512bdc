// SPDX-License-Identifier: MIT
// Student's t from Boost, with the cases that it does not have.
#include "fit/distributions.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <cmath>
#include <limits>

namespace calibram {
namespace {

// Coefficients multiply byte counts: below this, a terabyte is right to a kilobyte.
constexpr double rounding_level = 1e-9;

}  // namespace

double student_quantile(double probability, int degrees) {
  return boost::math::quantile(boost::math::students_t{static_cast<double>(degrees)}, probability);
}

double student_p(double value, int degrees) {
  const boost::math::students_t student{static_cast<double>(degrees)};
  return 2 * boost::math::cdf(boost::math::complement(student, std::abs(value)));
}

double p_equals_one(double coefficient, double std_error, int degrees) {
  const double distance = std::abs(coefficient - 1);
  if (distance <= rounding_level) return 1;
  if (std::isnan(distance) || std::isnan(std_error)) return std::numeric_limits<double>::quiet_NaN();
  if (std_error == 0) return 0;
  return student_p(distance / std_error, degrees);
}

}  // namespace calibram
