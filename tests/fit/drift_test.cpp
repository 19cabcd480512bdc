// SPDX-License-Identifier: MIT
// What a check finds in fresh rows: drifts that were planted, and nothing where nothing moved.
#include "fit/drift.hpp"

#include "tests/fit/drifts.hpp"
#include "tests/fit/real_sweep.hpp"
#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int model_count = 8;

Truth scattered() {
  Truth truth;
  truth.row_deviations = 1;
  truth.model_deviations = 0.5;
  return truth;
}

Profile profile_of(const std::vector<Observation>& rows) {
  Profile profile;
  profile.fits.push_back({"engine@1.0", Metric::device, "", calibrate(rows, sweep_noise)});
  return profile;
}

Drift drift_of(const Profile& profile, std::vector<Observation> rows,
               const std::string& runtime = "engine@1.0") {
  Observations fresh;
  fresh.groups.push_back({runtime, Metric::device, std::move(rows), sweep_noise, ""});
  return find_drift(profile, fresh, {});
}

std::size_t rows_outside(const Drift& drift) {
  std::size_t count = 0;
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedRow& row : group.rows) count += row.is_outside ? 1 : 0;
  return count;
}

/// Adds a share of a term's bytes to what was measured.
void plant(Observation& row, Term term, double share) {
  row.measured_bytes += share * static_cast<double>(row.terms[term].count());
}

TEST(Drift, AHundredCleanRunsRaiseNoAlarm) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  for (unsigned seed = 2; seed < 102; ++seed)
    EXPECT_FALSE(drift_of(profile, sweep(model_count, scattered(), seed)).fails()) << "run " << seed;
}

/// How many of 2000 sweeps of few models that have nothing but chance in them, each against a profile of its
/// own, raise an alarm by a term.
struct Alarms {
  int at_one_percent = 0, at_the_gate = 0;
};
Alarms false_alarms(const Truth& truth) {
  constexpr int few_models = 5;
  Alarms alarms;
  for (unsigned run = 0; run < 2000; ++run) {
    Drift drift =
        drift_of(profile_of(sweep(few_models, truth, 2 * run)), sweep(few_models, truth, 2 * run + 1));
    alarms.at_the_gate += moved_terms(drift).empty() ? 0 : 1;
    judge_terms(drift, 0.01);
    alarms.at_one_percent += moved_terms(drift).empty() ? 0 : 1;
  }
  return alarms;
}

// 20 alarms are expected of 2000 at 1 %; more than 36 have a probability of 0.0005. Fewer are fine:
// Bonferroni is a bound, and Student's t with one degree less than there are models an approximation.
TEST(Drift, ChanceRaisesNoMoreAlarmsThanItMay) {
  const Alarms alarms = false_alarms(scattered());
  RecordProperty("at_one_percent", alarms.at_one_percent);
  EXPECT_LE(alarms.at_one_percent, 36);
  EXPECT_EQ(alarms.at_the_gate, 0);
}

TEST(Drift, ChanceInRowsAloneRaisesNoMoreEither) {
  Truth rows_only;
  rows_only.row_deviations = 1;
  const Alarms alarms = false_alarms(rows_only);
  RecordProperty("at_one_percent", alarms.at_one_percent);
  EXPECT_LE(alarms.at_one_percent, 36);
  EXPECT_EQ(alarms.at_the_gate, 0);
}

TEST(Drift, OnePercentOfTheWeightsIsFoundByName) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  std::vector<Observation> rows = sweep(model_count, scattered(), 2);
  for (Observation& row : rows) plant(row, Term::weights, 0.01);
  const Drift drift = drift_of(profile, rows);
  EXPECT_TRUE(drift.fails());
  EXPECT_THAT(moved_terms(drift), ElementsAre("weights"));
  EXPECT_EQ(rows_outside(drift), 0u) << "each row alone is within the tolerance";
}

TEST(Drift, ErrorsThatCancelInTheTotalAreFoundInTheTerms) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  std::vector<Observation> rows = sweep(model_count, scattered(), 2);
  for (Observation& row : rows) {
    plant(row, Term::weights, 0.1);
    row.measured_bytes -= 0.1 * 7.5e9;  // about the mean of the weights: the sum over the rows stays
  }
  const Drift drift = drift_of(profile, rows);
  EXPECT_THAT(moved_terms(drift), testing::IsSupersetOf({"weights", "constant"}));
}

TEST(Drift, ARowOutsideNeedsBothTheToleranceAndTheInterval) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  std::vector<Observation> rows = sweep(model_count, scattered(), 2);
  rows[3].measured_bytes *= 1.2;
  const Drift drift = drift_of(profile, rows);
  EXPECT_TRUE(drift.groups[0].rows[3].is_outside);
  EXPECT_EQ(rows_outside(drift), 1u);
}

TEST(Drift, OnePercentOfALargeTermOfARealSweepIsFoundByItsName) {
  const RealSweep sweep = real_sweep();
  Profile profile;
  profile.fits.push_back(sweep.fit);
  ASSERT_THAT(large_terms(sweep), testing::Contains(Term::weights));
  for (const Term term : large_terms(sweep))
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const Drift drift = find_drift(profile, sweep.again(seed, term, 0.01).observations, {});
      EXPECT_THAT(moved_terms(drift), ElementsAre(term_names[index_of(term)])) << "run " << seed;
    }
}

TEST(Drift, ARowThatIsWrongByItselfMovesNoTerm) {
  const RealSweep sweep = real_sweep();
  Profile profile;
  profile.fits.push_back(sweep.fit);
  RealSweep fresh = sweep.again(1);
  fresh.observations.groups.front().observations[5].measured_bytes *= 1.5;
  const Drift drift = find_drift(profile, fresh.observations, {});
  EXPECT_EQ(rows_outside(drift), 1u);
  EXPECT_THAT(moved_terms(drift), IsEmpty());
}

TEST(Drift, OneRowTellsTheMetricAsAWhole) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  std::vector<Observation> one = {sweep(model_count, scattered(), 2)[10]};
  EXPECT_FALSE(drift_of(profile, one).fails());
  one[0].measured_bytes *= 1.3;
  const Drift drift = drift_of(profile, one);
  ASSERT_EQ(drift.groups[0].terms.size(), 1u);
  EXPECT_TRUE(drift.groups[0].terms[0].term.empty());
  EXPECT_TRUE(drift.groups[0].terms[0].has_moved);
  EXPECT_NEAR(drift.groups[0].terms[0].change_bytes, one[0].measured_bytes * 0.3 / 1.3, 2e8);
}

TEST(Drift, AnotherVersionIsHeldAgainstTheOneThatWasFitted) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  const Drift drift = drift_of(profile, sweep(model_count, scattered(), 2), "engine@2.0");
  ASSERT_EQ(drift.groups.size(), 1u);
  EXPECT_EQ(drift.groups[0].reference_runtime, "engine@1.0");
  EXPECT_FALSE(drift.fails());
}

TEST(Drift, AnotherEngineIsNotChecked) {
  const Profile profile = profile_of(sweep(model_count, scattered()));
  const Drift drift = drift_of(profile, sweep(model_count, scattered(), 2), "motor@1.0");
  EXPECT_THAT(drift.groups, IsEmpty());
  EXPECT_THAT(drift.unchecked, ElementsAre("motor@1.0 device"));
}

}  // namespace
}  // namespace calibram
