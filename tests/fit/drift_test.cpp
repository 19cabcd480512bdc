// SPDX-License-Identifier: MIT
// What a check finds in fresh rows: drifts that were planted, and nothing where nothing moved.
#include "fit/drift.hpp"

#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int models = 8;

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

/// The names of the terms that moved.
std::vector<std::string> moved(const Drift& drift) {
  std::vector<std::string> names;
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms)
      if (term.has_moved) names.push_back(term.term);
  return names;
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
  const Profile profile = profile_of(sweep(models, scattered()));
  for (unsigned seed = 2; seed < 102; ++seed)
    EXPECT_FALSE(drift_of(profile, sweep(models, scattered(), seed)).fails()) << "run " << seed;
}

TEST(Drift, OnePercentOfTheWeightsIsFoundByName) {
  const Profile profile = profile_of(sweep(models, scattered()));
  std::vector<Observation> rows = sweep(models, scattered(), 2);
  for (Observation& row : rows) plant(row, Term::weights, 0.01);
  const Drift drift = drift_of(profile, rows);
  EXPECT_TRUE(drift.fails());
  EXPECT_THAT(moved(drift), ElementsAre("weights"));
  EXPECT_EQ(rows_outside(drift), 0u) << "each row alone is within the tolerance";
}

TEST(Drift, ErrorsThatCancelInTheTotalAreFoundInTheTerms) {
  const Profile profile = profile_of(sweep(models, scattered()));
  std::vector<Observation> rows = sweep(models, scattered(), 2);
  for (Observation& row : rows) {
    plant(row, Term::weights, 0.1);
    row.measured_bytes -= 0.1 * 7.5e9;  // about the mean of the weights: the sum over the rows stays
  }
  const Drift drift = drift_of(profile, rows);
  EXPECT_THAT(moved(drift), testing::IsSupersetOf({"weights", "constant"}));
}

TEST(Drift, ARowOutsideNeedsBothTheToleranceAndTheInterval) {
  const Profile profile = profile_of(sweep(models, scattered()));
  std::vector<Observation> rows = sweep(models, scattered(), 2);
  rows[3].measured_bytes *= 1.2;
  const Drift drift = drift_of(profile, rows);
  EXPECT_TRUE(drift.groups[0].rows[3].is_outside);
  EXPECT_EQ(rows_outside(drift), 1u);
}

TEST(Drift, OneRowTellsTheMetricAsAWhole) {
  const Profile profile = profile_of(sweep(models, scattered()));
  std::vector<Observation> one = {sweep(models, scattered(), 2)[10]};
  EXPECT_FALSE(drift_of(profile, one).fails());
  one[0].measured_bytes *= 1.3;
  const Drift drift = drift_of(profile, one);
  ASSERT_EQ(drift.groups[0].terms.size(), 1u);
  EXPECT_TRUE(drift.groups[0].terms[0].term.empty());
  EXPECT_TRUE(drift.groups[0].terms[0].has_moved);
  EXPECT_NEAR(drift.groups[0].terms[0].change_bytes, one[0].measured_bytes * 0.3 / 1.3, 2e8);
}

TEST(Drift, AnotherVersionIsHeldAgainstTheOneThatWasFitted) {
  const Profile profile = profile_of(sweep(models, scattered()));
  const Drift drift = drift_of(profile, sweep(models, scattered(), 2), "engine@2.0");
  ASSERT_EQ(drift.groups.size(), 1u);
  EXPECT_EQ(drift.groups[0].fitted_runtime, "engine@1.0");
  EXPECT_FALSE(drift.fails());
}

TEST(Drift, AnotherEngineIsNotChecked) {
  const Profile profile = profile_of(sweep(models, scattered()));
  const Drift drift = drift_of(profile, sweep(models, scattered(), 2), "motor@1.0");
  EXPECT_THAT(drift.groups, IsEmpty());
  EXPECT_THAT(drift.unchecked, ElementsAre("motor@1.0 device"));
}

}  // namespace
}  // namespace calibram
