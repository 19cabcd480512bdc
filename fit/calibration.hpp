// SPDX-License-Identifier: MIT
// The model `measured = constant + sum of coefficient * term`, fitted to a sweep: its types and its fit.
#pragma once

#include "src/engine/term.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One measured row, beside what theory says of it.
struct Observation {
  std::string model;
  double measured_bytes = 0;
  double resolution_bytes = 0;  ///< half the last printed digit; 0 when exact
  TermBytes terms;              ///< theory's; its `constant` is not used: the fit measures that
  std::int64_t context_tokens = 0;
  std::int64_t batch = 1;
  std::size_t row = 0;  ///< index among the measured rows; the fit does not look at it
};

/// What a row scatters by: variance = page^2 + (relative * theory's total)^2 + resolution^2 / 3.
struct NoiseModel {
  double page_bytes = 0;
  double relative = 0;
};

/// Terms that get a coefficient: all but `constant`, which comes last in the enumeration.
inline constexpr std::size_t fitted_term_count = term_count - 1;

/// Theory's bytes without its constant, which the fit measures.
constexpr Bytes fitted_bytes(const TermBytes& terms) { return terms.total() - terms[Term::constant]; }

/// A term's coefficient from the data rows alone. NaN where these rows do not determine it.
struct TermFit {
  double coefficient, std_error, p_equals_one, variance_inflation;
  bool identified = false;  ///< std_error < 0.02 and VIF < 10
};

/// The solution with the theory prior, for prediction only. Entries in the order of `term_names`; the one of
/// `constant` is in bytes, the others multiply theory's bytes.
struct PriorFit {
  std::array<double, term_count> coefficients{};
  std::array<std::array<double, term_count>, term_count> covariance{};
  double within = 1;   ///< variance of a row about its model's mean, in units of the noise model's
  double between = 0;  ///< variance of the models' means, in the same units
};

struct Range {
  std::int64_t low = 0, high = 0;
  bool contains(std::int64_t value) const { return low <= value && value <= high; }
  bool operator==(const Range&) const = default;
};

/// The box that the sweep filled, in theory's bytes and in the workload's numbers.
struct Hull {
  Range total_bytes;
  std::array<Range, fitted_term_count> term_bytes{};
  Range context_tokens, batch;

  bool contains(const TermBytes& terms, std::int64_t context, std::int64_t sequences) const;
  bool operator==(const Hull&) const = default;
};

/// Relative errors of predicting each model from the others: (predicted - measured) / measured.
struct LeaveOneModelOut {
  double mean_abs = 0;     ///< mean over models of each model's mean
  double max_abs = 0;      ///< of the worst row
  double mean_signed = 0;  ///< mean over models of each model's mean
};

/// How far machines, or cards, of one kind are from each other when they measure the same.
struct MachineSpread {
  int machines = 1;            ///< that were compared
  double deviation_bytes = 0;  ///< of one machine from their mean
};

struct Fit {
  int rows = 0;
  std::vector<std::string> models;
  NoiseModel noise;

  // From the data rows alone: what is reported and tested.
  double constant_bytes = 0, constant_error_bytes = 0;
  std::array<TermFit, fitted_term_count> terms{};
  double sigma_bytes = 0, sigma_relative = 0;  ///< residual deviation; relative to the measured value
  double r_squared = 0;
  double condition_number = 0;
  std::vector<std::string> collinear;
  std::vector<std::string> warnings;

  PriorFit prior;
  MachineSpread spread;
  Hull hull;
  LeaveOneModelOut leave_one_model_out;  ///< NaN where there is no error model

  /// Whether the models are enough to see how much they differ: without, predictions have no interval.
  bool has_error_model() const { return models.size() >= 3; }
};

/// What physically lets a coefficient differ from 1, and by how much (one standard deviation).
struct TermPrior {
  double deviation;
  std::string_view reason;
};
inline constexpr std::array<TermPrior, fitted_term_count> term_priors = {{
    {0.002, "weights: every tensor's size is known; only rounding to pages or blocks remains"},
    {0.01, "kv_cache: sizes are known, but blocks, padding and growth leave slack in each layer"},
    {0.05, "activation: temporaries that kernels keep to themselves, and gaps between freed blocks"},
    {0.02, "logits: one or two tensors of known shape, their rows padded for alignment"},
    {0.25, "workspace: the library chooses its scratch by heuristics that it does not document"},
}};

/// Fits a sweep. A standard error is the larger of the cluster-robust (by model) and the classical one,
/// because the former is too small when models are few. With fewer than three models, or not more rows than
/// coefficients, the data alone say nothing: terms are taken as theory counts them, and the constant is what
/// the rows have above that.
/// @throws InputError when there is no row, or a number is negative, not finite or has no noise
Fit calibrate(const std::vector<Observation>& observations, const NoiseModel& noise);

}  // namespace calibram
