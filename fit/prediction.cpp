// SPDX-License-Identifier: MIT
// The predictive distribution: uncertain coefficients, the scatter between models and between machines, and
// that of a row.
#include "fit/prediction.hpp"

#include "fit/distributions.hpp"
#include "fit/mixed_model.hpp"

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

using Point = std::array<double, term_count>;

/// Theory's bytes, and for the constant how often it is there.
Point point_of(const TermBytes& terms, std::size_t devices) {
  Point point;
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    point[t] = static_cast<double>(terms[static_cast<Term>(t)].count());
  point[index_of(Term::constant)] = static_cast<double>(devices);
  return point;
}

double coefficient_variance(const PriorFit& fit, const Point& point) {
  double variance = 0;
  for (std::size_t a = 0; a < term_count; ++a)
    for (std::size_t b = 0; b < term_count; ++b) variance += point[a] * fit.covariance[a][b] * point[b];
  return std::max(variance, 0.0);  // rounding may leave a tiny negative
}

double noise_variance(const NoiseModel& noise, const TermBytes& terms, std::size_t devices) {
  const double relative = noise.relative * static_cast<double>(fitted_bytes(terms).count());
  return noise.page_bytes * noise.page_bytes * static_cast<double>(devices) + relative * relative;
}

/// What each coefficient's own error makes of what it multiplies.
std::array<double, term_count> term_deviations(const PriorFit& fit, const Point& point) {
  std::array<double, term_count> deviations;
  for (std::size_t t = 0; t < term_count; ++t)
    deviations[t] = std::sqrt(std::max(fit.covariance[t][t], 0.0)) * point[t];
  return deviations;
}

TermBytes scaled(const PriorFit& fit, const TermBytes& terms) {
  const Point point = point_of(terms, 1);
  TermBytes result;
  for (std::size_t t = 0; t < term_count; ++t)
    result[static_cast<Term>(t)] = rounded_bytes(fit.coefficients[t] * point[t]);
  return result;
}

/// How many deviations the bounds of an interval lie away.
struct Distances {
  int degrees = 0;
  double two_sided95 = 0, above99 = 0;
};

/// Those of the degrees asked for last are kept: of the time for a prediction, quantiles would take most.
const Distances& distances_of(int degrees) {
  thread_local Distances last;
  if (last.degrees != degrees)
    last = {degrees, student_quantile(0.975, degrees), student_quantile(0.99, degrees)};
  return last;
}

}  // namespace

Interval interval_about(double total, double deviation, int degrees) {
  const Distances& distances = distances_of(degrees);
  const double half = distances.two_sided95 * deviation;
  return {rounded_bytes(std::max(total - half, 0.0)), rounded_bytes(total + half),
          rounded_bytes(total + distances.above99 * deviation)};
}

Prediction predict(const Fit& fit, std::span<const TermBytes> devices) {
  Prediction prediction;
  TermBytes theory;
  for (const TermBytes& terms : devices) {
    const TermBytes device = scaled(fit.prior, terms);
    prediction.terms += device;
    prediction.devices.push_back(device.total());
    theory += terms;
  }
  prediction.total = prediction.terms.total();
  const Point point = point_of(theory, devices.size());
  const double variance =
      coefficient_variance(fit.prior, point) +
      (fit.prior.within + fit.prior.between) * noise_variance(fit.noise, theory, devices.size()) +
      fit.spread.deviation_bytes * fit.spread.deviation_bytes * static_cast<double>(devices.size());
  prediction.spread = {term_deviations(fit.prior, point), std::sqrt(variance),
                       static_cast<int>(fit.models.size()) - 1};
  if (fit.has_error_model())
    prediction.interval = interval_about(static_cast<double>(prediction.total.count()),
                                         prediction.spread.total, prediction.spread.degrees);
  return prediction;
}

Prediction predict(const Fit& fit, const TermBytes& terms) { return predict(fit, std::span{&terms, 1}); }

Expected expect(const Fit& fit, const Observation& row) {
  const Bytes total = scaled(fit.prior, row.terms).total();
  const double variance = coefficient_variance(fit.prior, point_of(row.terms, 1)) +
                          (fit.prior.within + fit.prior.between) * row_variance(row, fit.noise);
  return {static_cast<double>(total.count()), std::sqrt(variance)};
}

}  // namespace calibram
