// SPDX-License-Identifier: MIT
// The committed sweep of a host, measured again in the mind: its rows with new noise and planted drifts.
#pragma once

#include "fit/observations.hpp"
#include "fit/profile.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace calibram {

/// Rows of one metric and what theory says of them.
struct RealSweep {
  std::vector<Measurement> rows;
  Observations observations;
  ProfileFit fit;  ///< what the sweep's profile says of the metric

  /// What scatters a row, by the profile.
  double deviation_bytes() const { return fit.fit.noise.page_bytes * std::sqrt(fit.fit.prior.within); }

  /// The same configurations measured anew: theory, the constant, and chance.
  /// @param share  of the term's bytes that are there beside theory's
  RealSweep again(unsigned seed, Term term = Term::weights, double share = 0) const {
    RealSweep fresh = *this;
    std::mt19937_64 generator{seed};
    std::normal_distribution<double> noise{0, deviation_bytes()};
    for (Observation& observation : fresh.observations.groups.front().observations) {
      const double truth = static_cast<double>(fitted_bytes(observation.terms).count()) +
                           fit.fit.constant_bytes +
                           share * static_cast<double>(observation.terms[term].count());
      fresh.rows[observation.row].value = std::llround(truth + noise(generator));
      observation.measured_bytes = static_cast<double>(*fresh.rows[observation.row].value);
    }
    return fresh;
  }
};

/// The resident memory of `results/amd-epyc`.
inline RealSweep real_sweep() {
  const std::string folder = std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/";
  RealSweep sweep;
  for (Measurement& row : read_measurements(folder + "2026-11-22-3399611.csv"))
    if (row.metric == Metric::rss) sweep.rows.push_back(std::move(row));
  sweep.observations = observations_of(sweep.rows);
  sweep.fit = *read_profile(folder + "profile.json").find("calibram", Metric::rss);
  return sweep;
}

/// The terms that are a tenth of the total or more in a third of the rows.
inline std::vector<Term> large_terms(const RealSweep& sweep) {
  std::vector<Term> large;
  const std::vector<Observation>& observations = sweep.observations.groups.front().observations;
  for (std::size_t t = 0; t < fitted_term_count; ++t) {
    const Term term = static_cast<Term>(t);
    std::size_t rows = 0;
    for (const Observation& observation : observations)
      if (10.0 * static_cast<double>(observation.terms[term].count()) >= observation.measured_bytes) ++rows;
    if (3 * rows >= observations.size()) large.push_back(term);
  }
  return large;
}

}  // namespace calibram
