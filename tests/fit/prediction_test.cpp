// SPDX-License-Identifier: MIT
// Predictions: their terms, and whether their intervals hold what they promise.
#include "fit/prediction.hpp"

#include "tests/fit/sweeps.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Prediction, ScalesTermsAndAddsTheConstant) {
  Truth truth;
  truth.coefficients = {1.001, 1.02, 1, 1, 1};
  const Fit fit = calibrate(sweep(6, truth), sweep_noise);
  Observation row = row_of(6, 8192, 2);
  measure(row, truth, 0, 0);
  const Prediction p = predict(fit, row.terms);
  EXPECT_NEAR(static_cast<double>(p.total.count()) / row.measured_bytes, 1, 1e-3);
  EXPECT_NEAR(static_cast<double>(p.terms[Term::constant].count()), 300e6, 5e6);
  EXPECT_EQ(p.terms.total(), p.total);
  EXPECT_LT(p.interval->low, p.total);
  EXPECT_GT(p.interval->high, p.total);
}

TEST(Prediction, ATermMayBeOffByItsCoefficientsErrorTimesItsBytes) {
  Truth truth;
  truth.row_deviations = 1;
  const Fit fit = calibrate(sweep(6, truth), sweep_noise);
  const TermBytes terms = row_of(1, 4096, 2).terms;
  const Prediction p = predict(fit, terms);
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    EXPECT_DOUBLE_EQ(p.spread.terms[t], std::sqrt(fit.prior.covariance[t][t]) *
                                            static_cast<double>(terms[static_cast<Term>(t)].count()));
  EXPECT_GT(p.spread.terms[index_of(Term::weights)], 0);
  EXPECT_DOUBLE_EQ(p.spread.terms[index_of(Term::constant)],
                   std::sqrt(fit.prior.covariance[index_of(Term::constant)][index_of(Term::constant)]));
  EXPECT_EQ(p.spread.degrees, 5);
}

TEST(Prediction, EveryDeviceHasItsConstant) {
  const Fit fit = calibrate(sweep(5, {}), sweep_noise);
  const TermBytes half = row_of(2, 4096, 1).terms;
  const std::vector<TermBytes> devices = {half, half};
  const Prediction p = predict(fit, devices);
  ASSERT_EQ(p.devices.size(), 2u);
  EXPECT_EQ(p.devices[0] + p.devices[1], p.total);
  EXPECT_NEAR(static_cast<double>(p.terms[Term::constant].count()), 600e6, 1e6);
}

TEST(Prediction, LessEvidenceWidensTheInterval) {
  Truth truth;
  truth.row_deviations = 1;
  const TermBytes terms = row_of(1, 4096, 2).terms;
  const Interval three = predict(calibrate(sweep(3, truth), sweep_noise), terms).interval.value();
  const Interval eight = predict(calibrate(sweep(8, truth), sweep_noise), terms).interval.value();
  EXPECT_GT(three.high - three.low, eight.high - eight.low);
}

TEST(Prediction, FarFromTheSweepTheIntervalGrows) {
  Truth truth;
  truth.row_deviations = 1;
  const Fit fit = calibrate(sweep(6, truth), sweep_noise);
  TermBytes near = row_of(1, 4096, 2).terms, far = near;
  far[Term::workspace] = Bytes{4'000'000'000};  // never swept: only the prior knows it
  const auto width = [&](const TermBytes& terms) {
    const Interval interval = predict(fit, terms).interval.value();
    return static_cast<double>((interval.high - interval.low).count());
  };
  EXPECT_GT(width(far), 2 * 2.5 * 0.25 * 4e9) << "t of 5 degrees times the prior's 25 % of 4 GB";
  EXPECT_LT(width(near), 1e8);
}

struct Coverage {
  double within95 = 0, below99 = 0;
};

/// How often a new model's row falls inside, over many sweeps of one machine.
Coverage coverage(int models, const Truth& truth, int trials) {
  std::mt19937_64 generator{20240607};
  std::normal_distribution<double> normal;
  Coverage share;
  for (int trial = 0; trial < trials; ++trial) {
    const Fit fit = calibrate(sweep(models, truth, static_cast<unsigned>(trial + 1)), sweep_noise);
    Observation row = row_of(models + trial % (8 - models + 1), 1 << (8 + trial % 7), 1 + trial % 4);
    measure(row, truth, normal(generator), normal(generator));
    const Interval interval = predict(fit, row.terms).interval.value();
    const Bytes measured = rounded_bytes(row.measured_bytes);
    share.within95 += interval.low <= measured && measured <= interval.high;
    share.below99 += measured <= interval.bound99;
  }
  return {share.within95 / trials, share.below99 / trials};
}

TEST(Prediction, IntervalsHoldNewModelsAsOftenAsTheySay) {
  Truth quiet;
  quiet.row_deviations = 1;
  Truth scattered = quiet;
  scattered.model_deviations = 3;
  const Coverage of_scattered = coverage(6, scattered, 120);
  EXPECT_GT(of_scattered.within95, 0.92);
  EXPECT_LT(of_scattered.within95, 0.995);
  EXPECT_GT(of_scattered.below99, 0.97);
  // Where models do not scatter, models - 1 degrees of freedom are too few: cautious, never too narrow.
  const Coverage of_quiet = coverage(6, quiet, 40);
  EXPECT_GT(of_quiet.within95, 0.94);
  EXPECT_GT(of_quiet.below99, 0.97);
}

}  // namespace
}  // namespace calibram
