// SPDX-License-Identifier: MIT
// The tests behind a drift: of each row, of each term that the rows tell apart, else of the metric.
#include "fit/drift.hpp"

#include "fit/distributions.hpp"
#include "fit/mixed_model.hpp"
#include "fit/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace calibram {
namespace {

using Eigen::Index;

CheckedRow checked_row(const Observation& observation, const Fit& fit, const DriftLimits& limits) {
  const Prediction prediction = predict(fit, observation.terms);
  CheckedRow row;
  row.row = observation.row;
  row.measured_bytes = observation.measured_bytes;
  row.predicted_bytes = static_cast<double>(prediction.total.count());
  row.deviation_bytes = std::hypot(prediction.deviation_bytes, observation.resolution_bytes / std::sqrt(3.0));
  const double half =
      fit.has_error_model()
          ? student_quantile((1 + limits.row_confidence) / 2, prediction.degrees) * row.deviation_bytes
          : limits.tolerance * row.predicted_bytes;
  row.low_bytes = std::max(row.predicted_bytes - half, 0.0);
  row.high_bytes = row.predicted_bytes + half;
  const double error = std::abs(row.measured_bytes - row.predicted_bytes);
  row.is_outside = error > half && error > limits.tolerance * row.predicted_bytes;
  return row;
}

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

/// How often chance alone changes a term this much.
double p_value(const CheckedTerm& term, const Fit& fit) {
  if (!fit.has_error_model()) return std::numeric_limits<double>::quiet_NaN();
  if (term.change_bytes == 0) return 1;
  if (term.deviation_bytes == 0) return 0;
  return student_p(term.change_bytes / term.deviation_bytes, static_cast<int>(fit.models.size()) - 1);
}

CheckedGroup checked_group(const ObservationGroup& group, const ProfileFit& entry,
                           const DriftLimits& limits) {
  CheckedGroup checked{group.runtime, group.metric, group.placement, entry.runtime, {}, {}};
  for (const Observation& observation : group.observations)
    checked.rows.push_back(checked_row(observation, entry.fit, limits));
  if (entry.fit.has_error_model()) checked.terms = checked_terms(group.observations, entry.fit);
  if (checked.terms.empty()) checked.terms.push_back(whole_metric(checked.rows));
  for (CheckedTerm& term : checked.terms) term.p_value = p_value(term, entry.fit);
  return checked;
}

/// Bonferroni: however the tests hang together, one of them errs with at most the family's probability.
void judge_terms(Drift& drift, double family_wise_error) {
  std::size_t tests = 0;
  for (const CheckedGroup& group : drift.groups) tests += group.terms.size();
  for (CheckedGroup& group : drift.groups)
    for (CheckedTerm& term : group.terms)
      term.has_moved = term.p_value < family_wise_error / static_cast<double>(tests);
}

}  // namespace

bool CheckedGroup::fails() const {
  return std::any_of(rows.begin(), rows.end(), [](const CheckedRow& row) { return row.is_outside; }) ||
         std::any_of(terms.begin(), terms.end(), [](const CheckedTerm& term) { return term.has_moved; });
}

bool Drift::fails() const {
  return std::any_of(groups.begin(), groups.end(), [](const CheckedGroup& group) { return group.fails(); });
}

Drift find_drift(const Profile& profile, const Observations& observations, const DriftLimits& limits) {
  Drift drift;
  for (const ObservationGroup& group : observations.groups) {
    const ProfileFit* entry = profile.find(group.runtime, group.metric, group.placement);
    if (!entry) entry = profile.find_other_version(group.runtime, group.metric, group.placement);
    if (entry)
      drift.groups.push_back(checked_group(group, *entry, limits));
    else
      drift.unchecked.push_back(ProfileFit{group.runtime, group.metric, {}, {}, group.placement}.name());
  }
  judge_terms(drift, limits.family_wise_error);
  return drift;
}

}  // namespace calibram
