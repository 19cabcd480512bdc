// SPDX-License-Identifier: MIT
// Calibration on synthetic sweeps: what it recovers, rejects, names and refuses.
#include "fit/calibration.hpp"

#include "fit/prediction.hpp"
#include "src/core/error.hpp"
#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace calibram {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const TermFit& of(const Fit& fit, Term term) { return fit.terms[index_of(term)]; }

/// The sweep with one term computed from the row.
template <class Compute>
std::vector<Observation> with_term(std::vector<Observation> rows, Term term, Compute compute) {
  for (Observation& row : rows) {
    row.terms[term] = compute(row);
    measure(row, {}, 0, 0);
  }
  return rows;
}

TEST(Calibration, RecoversKnownCoefficients) {
  Truth truth;
  truth.coefficients = {1.001, 1.02, 1.3, 0.9, 1};
  const Fit fit = calibrate(sweep(6, truth), sweep_noise);
  EXPECT_NEAR(of(fit, Term::weights).coefficient, 1.001, 1e-9);
  EXPECT_NEAR(of(fit, Term::kv_cache).coefficient, 1.02, 1e-9);
  EXPECT_NEAR(of(fit, Term::activation).coefficient, 1.3, 1e-8);
  EXPECT_NEAR(of(fit, Term::logits).coefficient, 0.9, 1e-8);
  EXPECT_NEAR(fit.constant_bytes, 300e6, 1);
  EXPECT_NEAR(fit.r_squared, 1, 1e-12);
  EXPECT_EQ(fit.rows, 48);
  EXPECT_EQ(fit.models.size(), 6u);
}

TEST(Calibration, TrueOnesAreNotRejected) {
  Truth truth;
  truth.row_deviations = 1;
  const Fit fit = calibrate(sweep(8, truth), sweep_noise);
  for (const Term term : {Term::weights, Term::kv_cache, Term::activation, Term::logits}) {
    EXPECT_NEAR(of(fit, term).coefficient, 1, 4 * of(fit, term).std_error);
    EXPECT_GT(of(fit, term).p_equals_one, 0.001);
  }
  EXPECT_TRUE(of(fit, Term::weights).identified);
}

TEST(Calibration, AnExactSweepHasPOne) {
  const Fit fit = calibrate(sweep(4, {}), sweep_noise);
  EXPECT_EQ(of(fit, Term::weights).p_equals_one, 1);
  EXPECT_THAT(fit.warnings, ElementsAre());
}

TEST(Calibration, AWrongCoefficientIsRejectedAndSaid) {
  Truth truth;
  truth.row_deviations = 1;
  truth.coefficients[index_of(Term::kv_cache)] = 1.1;
  const Fit fit = calibrate(sweep(8, truth), sweep_noise);
  EXPECT_NEAR(of(fit, Term::kv_cache).coefficient, 1.1, 0.01);
  EXPECT_LT(of(fit, Term::kv_cache).p_equals_one, 1e-4);
  EXPECT_THAT(fit.warnings, Contains(HasSubstr("coefficient of kv_cache is 1.1")));
}

TEST(Calibration, ATermThatIsNowhereStaysAtThePrior) {
  const Fit fit = calibrate(sweep(4, {}), sweep_noise);
  EXPECT_TRUE(std::isnan(of(fit, Term::workspace).coefficient));
  EXPECT_FALSE(of(fit, Term::workspace).identified);
  const auto k = index_of(Term::workspace);
  EXPECT_NEAR(fit.prior.coefficients[k], 1, 1e-12);
  EXPECT_NEAR(std::sqrt(fit.prior.covariance[k][k]), term_priors[k].deviation, 1e-12);
}

TEST(Calibration, ACollinearTermIsNamedAndPredictedByThePrior) {
  const auto rows = with_term(sweep(5, {}), Term::workspace,
                              [](const Observation& row) { return row.terms[Term::logits] * 3; });
  const Fit fit = calibrate(rows, sweep_noise);
  EXPECT_THAT(fit.collinear, UnorderedElementsAre("logits", "workspace"));
  EXPECT_TRUE(std::isnan(of(fit, Term::workspace).coefficient));
  EXPECT_TRUE(std::isnan(of(fit, Term::logits).p_equals_one));
  EXPECT_FALSE(of(fit, Term::logits).identified);
  EXPECT_NEAR(fit.prior.coefficients[index_of(Term::workspace)], 1, 1e-6);
  EXPECT_NEAR(fit.prior.coefficients[index_of(Term::logits)], 1, 1e-6);
  EXPECT_NEAR(of(fit, Term::weights).coefficient, 1, 1e-9) << "the others are still fitted";
  EXPECT_THAT(fit.warnings, Contains(HasSubstr("workspace cannot be told from the other columns")));
}

// Weights that hardly differ between models cannot be told from the constant: VIF, not luck, says so.
TEST(Calibration, AnInflatedTermIsNotIdentified) {
  const auto rows = with_term(sweep(5, {}), Term::workspace, [](const Observation& row) {
    return row.terms[Term::kv_cache] + Bytes{row.batch * 1000};
  });
  const Fit fit = calibrate(rows, sweep_noise);
  EXPECT_GT(of(fit, Term::kv_cache).variance_inflation, 10);
  EXPECT_FALSE(of(fit, Term::kv_cache).identified);
}

TEST(Calibration, ANegativeCoefficientIsReported) {
  Truth truth;
  truth.coefficients[index_of(Term::activation)] = -0.5;
  const Fit fit = calibrate(sweep(5, truth), sweep_noise);
  EXPECT_NEAR(of(fit, Term::activation).coefficient, -0.5, 1e-6);
  EXPECT_THAT(fit.warnings, Contains(HasSubstr("coefficient of activation is negative")));
}

TEST(Calibration, LeavingModelsOutShowsAModelThatDiffers) {
  EXPECT_LT(calibrate(sweep(6, {}), sweep_noise).leave_one_model_out.max_abs, 1e-9);
  auto rows = sweep(6, {});
  for (Observation& row : rows)
    if (row.model == "model-2") row.measured_bytes *= 1.05;
  const Fit fit = calibrate(rows, sweep_noise);
  EXPECT_NEAR(fit.leave_one_model_out.max_abs, 0.05 / 1.05, 0.02);
  EXPECT_LT(fit.leave_one_model_out.mean_abs, fit.leave_one_model_out.max_abs);
  EXPECT_LE(std::abs(fit.leave_one_model_out.mean_signed), fit.leave_one_model_out.mean_abs);
  EXPECT_GT(fit.prior.between, 10) << "the others differ from it by dozens of deviations";
}

TEST(Calibration, OffsetsOfModelsAreBetweenNotWithin) {
  Truth truth;
  truth.row_deviations = 1;
  truth.model_deviations = 5;
  const Fit fit = calibrate(sweep(8, truth, 3), sweep_noise);
  EXPECT_NEAR(fit.prior.within, 1, 0.6);
  EXPECT_GT(fit.prior.between, 4);
  EXPECT_LT(fit.prior.between, 150);
}

TEST(Calibration, SigmaIsTheScatterInBytes) {
  Truth truth;
  truth.row_deviations = 1;
  const Fit fit = calibrate(sweep(8, truth), sweep_noise);
  EXPECT_GT(fit.sigma_bytes, 2e6);
  EXPECT_LT(fit.sigma_bytes, 30e6);
  EXPECT_NEAR(fit.sigma_relative, 0.0016, 0.0012);
}

TEST(Calibration, TheHullIsTheBoxOfTheSweep) {
  const Hull hull = calibrate(sweep(3, {}), sweep_noise).hull;
  EXPECT_EQ(hull.context_tokens, (Range{256, 16384}));
  EXPECT_EQ(hull.batch, (Range{1, 4}));
  EXPECT_EQ(hull.term_bytes[0], (Range{1'000'000'000, 14'900'000'000}));
  TermBytes inside = row_of(1, 4096, 2).terms;
  EXPECT_TRUE(hull.contains(inside, 4096, 2));
  EXPECT_FALSE(hull.contains(inside, 32768, 2));
  EXPECT_FALSE(hull.contains(inside, 4096, 5));
  inside[Term::workspace] = Bytes{1};
  EXPECT_FALSE(hull.contains(inside, 4096, 2)) << "a term that the sweep never had";
}

TEST(Calibration, CoarselyPrintedRowsCountLess) {
  auto rows = sweep(4, {});
  rows[0].measured_bytes += 500e6;
  const double exact = std::abs(calibrate(rows, sweep_noise).constant_bytes - 300e6);
  rows[0].resolution_bytes = 500e6;
  EXPECT_LT(std::abs(calibrate(rows, sweep_noise).constant_bytes - 300e6), exact / 100);
}

TEST(Calibration, TwoModelsGiveTheConstantButNoErrors) {
  for (const int models : {1, 2}) {
    const Fit fit = calibrate(sweep(models, {}), sweep_noise);
    EXPECT_FALSE(fit.has_error_model());
    EXPECT_NEAR(fit.constant_bytes, 300e6, 3e6);
    EXPECT_FALSE(std::isfinite(fit.terms[index_of(Term::weights)].coefficient));
    EXPECT_TRUE(std::isnan(fit.leave_one_model_out.max_abs));
    ASSERT_FALSE(fit.warnings.empty());
    EXPECT_THAT(fit.warnings[0], HasSubstr("the scatter between models takes three to see"));
    EXPECT_FALSE(predict(fit, row_of(5, 2048, 1).terms).interval);
  }
}

TEST(Calibration, OneRowOfEachModelIsTooLittleForTheCoefficients) {
  const auto rows = sweep(4, {});
  const Fit fit = calibrate({rows[0], rows[8], rows[16], rows[24]}, sweep_noise);
  EXPECT_FALSE(std::isfinite(fit.terms[index_of(Term::weights)].coefficient));
  EXPECT_THAT(fit.warnings[0], HasSubstr("4 rows: 5 coefficients and an error take 6"));
  EXPECT_TRUE(predict(fit, row_of(5, 2048, 1).terms).interval);
}

TEST(Calibration, RefusesWhatItCannotWeigh) {
  const auto rows = sweep(4, {});
  EXPECT_THROW(calibrate({}, sweep_noise), InputError);
  EXPECT_THROW(calibrate(rows, {0, 0}), InputError);
  auto empty = rows;
  empty[3].measured_bytes = 0;
  EXPECT_THROW(calibrate(empty, sweep_noise), InputError);
  auto negative = rows;
  negative[3].terms[Term::logits] = Bytes{-1};
  EXPECT_THROW(calibrate(negative, sweep_noise), InputError);
}

}  // namespace
}  // namespace calibram
