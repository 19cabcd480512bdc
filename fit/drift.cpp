// SPDX-License-Identifier: MIT
// The tests behind a drift: of each row, of each term that the rows tell apart, else of the metric.
#include "fit/drift.hpp"

#include "fit/distributions.hpp"
#include "fit/mixed_model.hpp"
#include "fit/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace calibram {
namespace {

using Eigen::Index;

int degrees_of(const Fit& fit) { return static_cast<int>(fit.models.size()) - 1; }

std::vector<CheckedRow> checked_rows(const std::vector<Observation>& observations, const Fit& fit,
                                     const DriftLimits& limits) {
  const double quantile = fit.has_error_model()
                              ? student_quantile((1 + limits.row_confidence) / 2, degrees_of(fit))
                              : std::numeric_limits<double>::quiet_NaN();
  std::vector<CheckedRow> rows;
  rows.reserve(observations.size());
  for (const Observation& observation : observations) {
    const auto [expected, deviation] = expect(fit, observation);
    CheckedRow row{observation.row, observation.measured_bytes, expected, deviation};
    judge_row(row, quantile, limits);
    rows.push_back(row);
  }
  return rows;
}

/// Mean over the rows; of the constant 1, which its coefficient in bytes multiplies.
double mean_term_bytes(const std::vector<Observation>& observations, std::size_t term) {
  double sum = 0;
  for (const Observation& observation : observations)
    sum += term == index_of(Term::constant)
               ? 1
               : static_cast<double>(observation.terms[static_cast<Term>(term)].count());
  return sum / static_cast<double>(observations.size());
}

/// The coefficients that the fresh rows have, beside those of the profile; none where the rows leave any
/// open.
std::vector<CheckedTerm> checked_terms(const std::vector<Observation>& observations, const Fit& fit) {
  const StandardRows rows = standardised(observations, fit.noise);
  const RowsAlone fresh = solve_without_prior(rows, fit.prior.within, fit.prior.between);
  std::vector<CheckedTerm> terms;
  for (std::size_t t = 0; t < term_count; ++t) {
    const auto column = static_cast<Index>(t);
    const double bytes = mean_term_bytes(observations, t);
    if (bytes == 0) continue;
    if (!std::isfinite(fresh.coefficients(column))) return {};
    CheckedTerm term;
    term.term = term_names[t];
    term.coefficient = fresh.coefficients(column);
    term.expected = fit.prior.coefficients[t];
    term.change_bytes = (*term.coefficient - *term.expected) * bytes;
    term.deviation_bytes = std::sqrt(fresh.covariance(column, column) + fit.prior.covariance[t][t]) * bytes;
    terms.push_back(term);
  }
  return terms;
}

/// The mean change of the rows. Their errors may be one and the same, so their mean is no surer than a row.
CheckedTerm whole_metric(const std::vector<CheckedRow>& rows) {
  CheckedTerm whole;
  double variances = 0;
  for (const CheckedRow& row : rows) {
    whole.change_bytes += row.measured_bytes - row.predicted_bytes;
    variances += row.deviation_bytes * row.deviation_bytes;
  }
  const auto count = static_cast<double>(rows.size());
  whole.change_bytes /= count;
  whole.deviation_bytes = std::sqrt(variances / count);
  return whole;
}

CheckedGroup checked_group(const ObservationGroup& group, const ProfileFit& entry,
                           const DriftLimits& limits) {
  CheckedGroup checked{
      Reference::profile, group.runtime, group.metric, group.placement, entry.runtime, {}, {}, {}};
  checked.rows = checked_rows(group.observations, entry.fit, limits);
  if (entry.fit.has_error_model()) checked.terms = checked_terms(group.observations, entry.fit);
  if (checked.terms.empty()) checked.terms.push_back(whole_metric(checked.rows));
  for (CheckedTerm& term : checked.terms) {
    term.degrees = degrees_of(entry.fit);
    if (!entry.fit.has_error_model()) term.deviation_bytes = std::numeric_limits<double>::quiet_NaN();
    term.p_value = p_value_of(term);
  }
  if (!entry.fit.has_error_model())
    checked.caveat =
        "the profile was fitted to fewer than three models and has no interval: the tolerance alone counts";
  return checked;
}

}  // namespace

bool CheckedGroup::fails() const {
  return std::any_of(rows.begin(), rows.end(), [](const CheckedRow& row) { return row.is_outside; }) ||
         std::any_of(terms.begin(), terms.end(), [](const CheckedTerm& term) { return term.has_moved; });
}

bool Drift::fails() const {
  return outcomes.has_failures() ||
         std::any_of(groups.begin(), groups.end(), [](const CheckedGroup& group) { return group.fails(); });
}

void judge_row(CheckedRow& row, double quantile, const DriftLimits& limits) {
  const double tolerated = limits.tolerance * row.predicted_bytes;
  const double half = std::isnan(quantile) ? tolerated : quantile * row.deviation_bytes;
  row.low_bytes = std::max(row.predicted_bytes - half, 0.0);
  row.high_bytes = row.predicted_bytes + half;
  const double error = std::abs(row.measured_bytes - row.predicted_bytes);
  row.is_outside = error > half && error > tolerated;
}

double p_value_of(const CheckedTerm& term) {
  if (std::isnan(term.deviation_bytes)) return term.deviation_bytes;
  if (term.change_bytes == 0) return 1;
  if (term.deviation_bytes == 0) return 0;
  return student_p(term.standard_errors(), term.degrees);
}

std::vector<CheckedGroup> check_against_profile(const Profile& profile, const Observations& observations,
                                                const DriftLimits& limits,
                                                std::vector<std::string>& unchecked) {
  std::vector<CheckedGroup> checked;
  for (const ObservationGroup& group : observations.groups) {
    const ProfileFit* entry = profile.find_nearest(group.runtime, group.metric, group.placement);
    if (entry)
      checked.push_back(checked_group(group, *entry, limits));
    else
      unchecked.push_back(ProfileFit{group.runtime, group.metric, {}, {}, group.placement}.name());
  }
  return checked;
}

void judge_terms(Drift& drift, double family_wise_error) {
  drift.tests = 0;
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms)
      if (!std::isnan(term.p_value)) ++drift.tests;
  for (CheckedGroup& group : drift.groups)
    for (CheckedTerm& term : group.terms)
      term.has_moved = term.p_value < family_wise_error / static_cast<double>(drift.tests);
}

Drift find_drift(const Profile& profile, const Observations& observations, const DriftLimits& limits) {
  Drift drift;
  drift.groups = check_against_profile(profile, observations, limits, drift.unchecked);
  judge_terms(drift, limits.family_wise_error);
  return drift;
}

}  // namespace calibram
