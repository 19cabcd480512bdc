// SPDX-License-Identifier: MIT
// Synthetic sweeps with known coefficients, for tests of the calibration.
#pragma once

#include "fit/calibration.hpp"

#include <cmath>
#include <random>

namespace calibram {

/// What a synthetic machine does to theory's bytes.
struct Truth {
  double constant_bytes = 300e6;
  std::array<double, fitted_term_count> coefficients = {1, 1, 1, 1, 1};
  double row_deviations = 0;    ///< scatter of a row, in standard deviations of `sweep_noise`
  double model_deviations = 0;  ///< scatter of a whole model, likewise
};

inline constexpr NoiseModel sweep_noise = {2e6, 0.001};

/// Theory of one row: models differ in size and in KV per token, rows in context and batch.
inline Observation row_of(int model, int context, int batch) {
  constexpr std::int64_t weights[] = {1'000'000'000, 3'100'000'000, 14'900'000'000, 2'200'000'000,
                                      7'600'000'000, 900'000'000,   26'000'000'000, 5'000'000'000};
  constexpr std::int64_t kv_per_token[] = {12'288, 28'672, 57'344, 131'072, 40'960, 65'536, 327'680, 20'480};
  constexpr std::int64_t vocabulary[] = {151'936, 32'000, 152'064, 50'304, 128'256, 32'064, 128'256, 65'024};
  const std::int64_t tokens = std::int64_t{context} * batch;
  Observation row;
  row.model = "model-" + std::to_string(model);
  row.context_tokens = context;
  row.batch = batch;
  row.terms[Term::weights] = Bytes{weights[model % 8] + 1'000'003 * (model / 8)};
  row.terms[Term::kv_cache] = Bytes{kv_per_token[model % 8] * tokens};
  row.terms[Term::activation] = Bytes{(9'000 + 2'500 * (model * 5 % 7)) * tokens};
  row.terms[Term::logits] = Bytes{vocabulary[model % 8] * batch * 6 * (1 + context / 700)};
  return row;
}

inline void measure(Observation& row, const Truth& truth, double model_offset, double noise) {
  const double theory = static_cast<double>(fitted_bytes(row.terms).count());
  const double deviation = std::sqrt(sweep_noise.page_bytes * sweep_noise.page_bytes +
                                     sweep_noise.relative * theory * sweep_noise.relative * theory);
  row.measured_bytes = truth.constant_bytes +
                       deviation * (truth.row_deviations * noise + truth.model_deviations * model_offset);
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    row.measured_bytes +=
        truth.coefficients[t] * static_cast<double>(row.terms[static_cast<Term>(t)].count());
}

/// Models 0 to `models` - 1, each with contexts 256 to 16k and batches 1 and 4.
inline std::vector<Observation> sweep(int models, const Truth& truth, unsigned seed = 1) {
  std::mt19937_64 generator{seed};
  std::normal_distribution<double> normal;
  std::vector<Observation> rows;
  for (int model = 0; model < models; ++model) {
    const double offset = normal(generator);
    for (const int context : {256, 1024, 4096, 16384})
      for (const int batch : {1, 4}) {
        Observation row = row_of(model, context, batch);
        measure(row, truth, offset, normal(generator));
        rows.push_back(row);
      }
  }
  return rows;
}

}  // namespace calibram
