// SPDX-License-Identifier: MIT
// What a baseline shows: drifts that were planted, by their terms, and nothing where chance alone differs.
#include "fit/baseline.hpp"

#include "tests/fit/drifts.hpp"
#include "tests/fit/real_sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Drift drift_of(const RealSweep& old, const RealSweep& fresh, double family_wise_error = 1e-4) {
  Drift drift;
  drift.groups = check_against_baseline(as_baseline(old.rows, fresh.rows), fresh.rows, fresh.observations, {},
                                        drift.outcomes);
  judge_terms(drift, family_wise_error);
  return drift;
}

/// A row of a program that theory does not know.
Measurement watched(const std::string& program, std::int64_t value, int prompt = 1) {
  Measurement row;
  row.model = program;
  row.runtime = "watched";
  row.metric = Metric::cgroup;
  row.workload.prompt = prompt;
  row.value = value;
  return row;
}

Drift drift_of(const std::vector<Measurement>& old, const std::vector<Measurement>& fresh) {
  Drift drift;
  drift.groups =
      check_against_baseline(as_baseline(old, fresh), fresh, observations_of(fresh), {}, drift.outcomes);
  judge_terms(drift, 1e-4);
  return drift;
}

// 20 alarms of 2000 are expected at 1 %; more than 36 have a probability of 0.0005.
TEST(Baseline, ChanceRaisesNoMoreAlarmsThanItMay) {
  const RealSweep sweep = real_sweep();
  int loose = 0, strict = 0;
  for (unsigned run = 0; run < 2000; ++run) {
    const RealSweep old = sweep.again(2 * run), fresh = sweep.again(2 * run + 1);
    Drift drift = drift_of(old, fresh, 0.01);
    loose += moved_terms(drift).empty() ? 0 : 1;
    judge_terms(drift, 1e-4);
    strict += drift.fails() ? 1 : 0;
  }
  RecordProperty("at_one_percent", loose);
  EXPECT_LE(loose, 36);
  EXPECT_GE(loose, 2) << "a test that never errs would find nothing either";
  EXPECT_EQ(strict, 0);
}

TEST(Baseline, OnePercentOfALargeTermIsFoundByItsName) {
  const RealSweep sweep = real_sweep();
  ASSERT_THAT(large_terms(sweep), testing::Contains(Term::weights));
  for (const Term term : large_terms(sweep))
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const Drift drift = drift_of(sweep.again(seed), sweep.again(seed + 100, term, 0.01));
      EXPECT_THAT(moved_terms(drift), ElementsAre(term_names[index_of(term)])) << "run " << seed;
    }
}

TEST(Baseline, OnePercentInAThirdOfTheRowsIsFound) {
  const RealSweep sweep = real_sweep();
  for (unsigned seed = 1; seed <= 20; ++seed) {
    RealSweep fresh = sweep.again(seed + 100);
    std::vector<Observation>& observations = fresh.observations.groups.front().observations;
    for (std::size_t i = 0; i < observations.size(); i += 3) observations[i].measured_bytes *= 1.01;
    EXPECT_THAT(moved_terms(drift_of(sweep.again(seed), fresh)), testing::Not(IsEmpty())) << "run " << seed;
  }
}

// A fresh copy of the program is mapped in other blocks: every process of the run has a little more, or less.
TEST(Baseline, WhatProcessesHoldBeforeWeightsMayShiftWithinTheirCountersReach) {
  const RealSweep sweep = real_sweep();
  const auto shifted = [&](std::int64_t bytes) {
    RealSweep fresh = sweep.again(101);
    for (Observation& observation : fresh.observations.groups.front().observations) {
      Measurement& row = fresh.rows[observation.row];
      row.value = *row.value + bytes;
      row.fixed = *row.fixed + bytes;
      observation.measured_bytes += static_cast<double>(bytes);
    }
    return moved_terms(drift_of(sweep.again(1), fresh));
  };
  EXPECT_THAT(shifted(-200'000), IsEmpty());
  EXPECT_THAT(shifted(5'000'000), ElementsAre("fixed"));
}

TEST(Baseline, ARowThatIsWrongByItselfMovesNoTerm) {
  const RealSweep sweep = real_sweep();
  RealSweep fresh = sweep.again(2);
  fresh.observations.groups.front().observations[5].measured_bytes *= 1.5;
  const Drift drift = drift_of(sweep.again(1), fresh);
  EXPECT_TRUE(drift.fails());
  EXPECT_THAT(moved_terms(drift), IsEmpty());
}

TEST(Baseline, AModelsOwnOffsetCancels) {
  const RealSweep sweep = real_sweep();
  RealSweep old = sweep.again(1), fresh = sweep.again(2);
  for (RealSweep* side : {&old, &fresh})
    for (Observation& observation : side->observations.groups.front().observations)
      if (observation.model == "probe-mha") {
        *side->rows[observation.row].value += 50'000'000;
        observation.measured_bytes += 50e6;
      }
  EXPECT_FALSE(drift_of(old, fresh).fails());
}

TEST(Baseline, ARowOutsideNeedsBothTheToleranceAndTheInterval) {
  const RealSweep sweep = real_sweep();
  const RealSweep old = sweep.again(1);
  RealSweep fresh = sweep.again(2);
  Observation& jumped = fresh.observations.groups.front().observations[3];
  jumped.measured_bytes *= 1.05;
  const Drift drift = drift_of(old, fresh);
  ASSERT_THAT(drift.groups, SizeIs(1));
  for (const CheckedRow& row : drift.groups[0].rows) EXPECT_EQ(row.is_outside, row.row == jumped.row);
}

TEST(Baseline, NoisyRowsMayLeaveTheToleranceWithinTheirInterval) {
  std::vector<Measurement> old, fresh;
  std::mt19937_64 generator{1};
  std::normal_distribution<double> noise{0, 40e6};
  for (int i = 1; i <= 40; ++i) {
    old.push_back(watched("noisy", 1'000'000'000 + std::llround(noise(generator)), i));
    fresh.push_back(watched("noisy", 1'000'000'000 + std::llround(noise(generator)), i));
  }
  const Drift drift = drift_of(old, fresh);
  EXPECT_FALSE(drift.fails());
  int beyond = 0;
  for (const CheckedRow& row : drift.groups[0].rows)
    beyond += std::abs(row.measured_bytes / row.predicted_bytes - 1) > 0.02 ? 1 : 0;
  EXPECT_GT(beyond, 10);
}

TEST(Baseline, AProgramThatTheoryDoesNotKnowIsHeldAsAWhole) {
  std::vector<Measurement> old, fresh;
  for (int i = 0; i < 6; ++i) {
    old.push_back(watched("server", 1'000'000'000 + 100'000 * (i * 5 % 7)));
    fresh.push_back(watched("server", 1'010'000'000 + 100'000 * (i * 3 % 7)));
  }
  const Drift drift = drift_of(old, fresh);
  ASSERT_THAT(drift.groups, SizeIs(1));
  ASSERT_THAT(drift.groups[0].terms, SizeIs(1));
  EXPECT_TRUE(drift.groups[0].terms[0].has_moved) << "1 % is far beyond what repeats scatter by";
  EXPECT_EQ(drift.groups[0].terms[0].term, "");
  EXPECT_NEAR(drift.groups[0].terms[0].change_bytes, 10e6, 3e5);
  EXPECT_THAT(moved_terms(drift_of(old, old)), IsEmpty());
}

TEST(Baseline, OneRowAgainstOneIsJudgedByTheToleranceAlone) {
  const Drift clean = drift_of({watched("server", 1'000'000'000)}, {watched("server", 1'015'000'000)});
  EXPECT_FALSE(clean.fails());
  EXPECT_NE(clean.groups[0].caveat, "");
  EXPECT_EQ(clean.tests, 0u);
  EXPECT_TRUE(drift_of({watched("server", 1'000'000'000)}, {watched("server", 1'030'000'000)}).fails());
}

TEST(Baseline, AnotherVersionStandsInWhereTheBaselineHasNotThisOne) {
  Measurement old = watched("server", 1'000'000'000), fresh = watched("server", 1'100'000'000);
  old.runtime = "engine@1.0", fresh.runtime = "engine@2.0";
  const Drift drift = drift_of(std::vector{old}, std::vector{fresh});
  ASSERT_THAT(drift.groups, SizeIs(1));
  EXPECT_EQ(drift.groups[0].reference_runtime, "engine@1.0");
  EXPECT_TRUE(drift.fails());
}

}  // namespace
}  // namespace calibram
