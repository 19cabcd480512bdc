// SPDX-License-Identifier: MIT
// From a sweep to its fit: checks, the solution from the data alone, and what surrounds it.
#include "fit/calibration.hpp"

#include "fit/distributions.hpp"
#include "fit/least_squares.hpp"
#include "fit/mixed_model.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace calibram {
namespace {

using Eigen::Index;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double identified_error = 0.02, identified_inflation = 10;
constexpr double rejection_level = 0.01;

/// The terms that occur in the sweep, in order; their columns follow the constant's.
std::vector<Term> present_terms(const std::vector<Observation>& observations) {
  std::vector<Term> present;
  for (std::size_t t = 0; t < fitted_term_count; ++t) {
    const Term term = static_cast<Term>(t);
    if (std::any_of(observations.begin(), observations.end(),
                    [&](const Observation& o) { return o.terms[term] != Bytes{}; }))
      present.push_back(term);
  }
  return present;
}

std::vector<std::string> distinct_models(const std::vector<Observation>& observations) {
  std::vector<std::string> names;
  for (const Observation& observation : observations)
    if (std::find(names.begin(), names.end(), observation.model) == names.end())
      names.push_back(observation.model);
  return names;
}

void check_row(const Observation& observation, const NoiseModel& noise) {
  const auto refuse = [&](const std::string& reason) {
    throw InputError{"cannot fit a row of the model '" + observation.model + "'", reason, "remove the row"};
  };
  if (!(observation.measured_bytes > 0) || !std::isfinite(observation.measured_bytes))
    refuse("its measured value is not a positive number of bytes");
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    if (observation.terms[static_cast<Term>(t)] < Bytes{})
      refuse(fmt::format("theory's {} is negative", term_names[t]));
  if (!(observation.resolution_bytes >= 0)) refuse("its resolution is negative");
  const double variance = row_variance(observation, noise);
  if (!(variance > 0) || !std::isfinite(variance))
    throw InputError{"cannot weight a row of the model '" + observation.model + "'",
                     "neither page noise nor relative noise is above zero",
                     "declare the counter's page size"};
}

void check(const std::vector<Observation>& observations, const NoiseModel& noise) {
  if (observations.empty()) throw InputError{"cannot calibrate from no rows", "", "measure some"};
  for (const Observation& observation : observations) check_row(observation, noise);
}

Regression data_regression(const std::vector<Observation>& observations, const std::vector<Term>& present,
                           const std::vector<int>& models, const NoiseModel& noise) {
  Regression regression;
  const auto rows = static_cast<Index>(observations.size());
  regression.design.setOnes(rows, 1 + static_cast<Index>(present.size()));
  regression.response.resize(rows);
  regression.variances.resize(rows);
  regression.clusters = models;
  regression.has_constant = true;
  regression.names = {"constant"};
  for (const Term term : present) regression.names.emplace_back(term_names[index_of(term)]);
  for (Index i = 0; i < rows; ++i) {
    const Observation& observation = observations[static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < present.size(); ++k)
      regression.design(i, static_cast<Index>(k) + 1) =
          static_cast<double>(observation.terms[present[k]].count());
    regression.response(i) = observation.measured_bytes;
    regression.variances(i) = row_variance(observation, noise);
  }
  return regression;
}

TermFit term_fit(const Solution& solution, Index column, int model_count) {
  TermFit fit;
  fit.coefficient = solution.coefficients(column);
  fit.std_error = std::max(solution.robust_errors(column), solution.standard_errors(column));
  fit.p_equals_one = p_equals_one(fit.coefficient, fit.std_error, model_count - 1);
  fit.variance_inflation = solution.variance_inflation(column);
  fit.identified = fit.std_error < identified_error && fit.variance_inflation < identified_inflation;
  return fit;
}

void warn(Fit& fit) {
  for (const std::string& name : fit.collinear)
    fit.warnings.push_back(name + " cannot be told from the other columns; vary it independently");
  for (std::size_t t = 0; t < fitted_term_count; ++t) {
    const TermFit& term = fit.terms[t];
    if (term.coefficient < 0)
      fit.warnings.push_back(fmt::format(
          "the coefficient of {} is negative ({:.4f} +- {:.4f}); memory cannot be, so a column is missing or "
          "two are alike",
          term_names[t], term.coefficient, term.std_error));
    else if (term.identified && term.p_equals_one < rejection_level)
      fit.warnings.push_back(fmt::format(
          "the coefficient of {} is {:.4f} +- {:.4f}, not 1 (p = {:.2g}); theory does not count what happens",
          term_names[t], term.coefficient, term.std_error, term.p_equals_one));
  }
}

void fill_data_fit(Fit& fit, const Regression& regression, const std::vector<Term>& present) {
  const Solution solution = solve(regression);
  fit.constant_bytes = solution.coefficients(0);
  fit.constant_error_bytes = std::max(solution.robust_errors(0), solution.standard_errors(0));
  fit.terms.fill({unknown, unknown, unknown, unknown, false});
  for (std::size_t k = 0; k < present.size(); ++k)
    fit.terms[index_of(present[k])] =
        term_fit(solution, static_cast<Index>(k) + 1, static_cast<int>(fit.models.size()));
  const auto residuals = solution.residuals.array();
  const double free_rows = solution.degrees_of_freedom;
  fit.sigma_bytes = std::sqrt(residuals.square().sum() / free_rows);
  fit.sigma_relative = std::sqrt((residuals / regression.response.array()).square().sum() / free_rows);
  fit.r_squared = solution.r_squared;
  fit.condition_number = solution.condition_number;
  fit.collinear = solution.collinear;
  warn(fit);
}

/// Why the data alone cannot say anything; empty if they can.
std::string too_little(const Fit& fit, std::size_t coefficients) {
  if (!fit.has_error_model())
    return fmt::format(
        "{} model{}: the scatter between models takes three to see, so estimates have no interval",
        fit.models.size(), fit.models.size() == 1 ? "" : "s");
  if (static_cast<std::size_t>(fit.rows) <= coefficients)
    return fmt::format("{} rows: {} coefficients and an error take {}", fit.rows, coefficients,
                       coefficients + 1);
  return {};
}

/// Nothing is known but that theory's terms hold.
void leave_data_fit_open(Fit& fit, const std::string& reason) {
  fit.terms.fill({unknown, unknown, unknown, unknown, false});
  fit.constant_bytes = fit.prior.coefficients[index_of(Term::constant)];
  fit.constant_error_bytes = fit.sigma_bytes = fit.sigma_relative = fit.r_squared = unknown;
  fit.condition_number = std::numeric_limits<double>::infinity();
  fit.warnings.push_back(reason);
  if (fit.constant_bytes < 0)
    fit.warnings.push_back("the constant is negative: theory counts more than was measured");
}

void widen(Range& range, std::int64_t value, bool first) {
  range.low = first ? value : std::min(range.low, value);
  range.high = first ? value : std::max(range.high, value);
}

Hull hull_of(const std::vector<Observation>& observations) {
  Hull hull;
  for (const Observation& observation : observations) {
    const bool first = &observation == &observations.front();
    widen(hull.total_bytes, fitted_bytes(observation.terms).count(), first);
    widen(hull.context_tokens, observation.context_tokens, first);
    widen(hull.batch, observation.batch, first);
    for (std::size_t t = 0; t < fitted_term_count; ++t)
      widen(hull.term_bytes[t], observation.terms[static_cast<Term>(t)].count(), first);
  }
  return hull;
}

}  // namespace

bool Hull::contains(const TermBytes& terms, std::int64_t context, std::int64_t sequences) const {
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    if (!term_bytes[t].contains(terms[static_cast<Term>(t)].count())) return false;
  return total_bytes.contains(fitted_bytes(terms).count()) && context_tokens.contains(context) &&
         batch.contains(sequences);
}

Fit calibrate(const std::vector<Observation>& observations, const NoiseModel& noise) {
  Fit fit;
  fit.rows = static_cast<int>(observations.size());
  fit.models = distinct_models(observations);
  fit.noise = noise;
  check(observations, noise);

  const StandardRows rows = standardised(observations, noise);
  fit.prior = fit_with_prior(rows);
  fit.leave_one_model_out = leave_models_out(rows, fit.prior);
  fit.hull = hull_of(observations);
  const std::vector<Term> present = present_terms(observations);
  if (const std::string reason = too_little(fit, 1 + present.size()); !reason.empty())
    leave_data_fit_open(fit, reason);
  else
    fill_data_fit(fit, data_regression(observations, present, rows.models, noise), present);
  return fit;
}

}  // namespace calibram
