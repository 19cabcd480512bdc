// SPDX-License-Identifier: MIT
// Which rows of two lists belong together, and how their outcomes differ.
#include "fit/pairing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Measurement row(const std::string& model, std::int64_t value) {
  Measurement row;
  row.model = model;
  row.value = value;
  return row;
}

Measurement broken(const std::string& model, const std::string& outcome) {
  Measurement row;
  row.model = model;
  row.outcome = outcome;
  return row;
}

TEST(Pairing, RepeatsOfAConfigurationAreOne) {
  const Pairing pairing = pair_rows({row("a", 7)}, {row("a", 10), row("b", 5), row("a", 14)});
  ASSERT_THAT(pairing.configurations, SizeIs(2));
  EXPECT_THAT(pairing.configuration_of, ElementsAre(0u));
  EXPECT_EQ(pairing.configurations[0].values.count(), 2);
  EXPECT_EQ(pairing.configurations[0].values.mean(), 12);
  EXPECT_EQ(pairing.configurations[0].values.squares(), 8);
}

TEST(Pairing, AnyFieldOfTheConfigurationSetsRowsApart) {
  Measurement other_options = row("a", 1), other_batch = row("a", 1), other_runtime = row("a", 1);
  other_options.options["max_num_seqs"] = "8";
  other_batch.workload.batch = 2;
  other_runtime.runtime = "vllm@0.19.0";
  const Pairing pairing = pair_rows({other_options, other_batch, other_runtime}, {row("a", 1)});
  EXPECT_THAT(pairing.configuration_of, testing::Each(Pairing::none));
  EXPECT_THAT(pairing.outcomes.added, ElementsAre(0u, 1u, 2u));
  EXPECT_THAT(pairing.outcomes.missing, ElementsAre(0u));
}

TEST(Pairing, WhatWorkedAndBreaksIsAFailure) {
  for (const char* outcome : {"out_of_memory", "killed", "failed"}) {
    const Pairing pairing = pair_rows({broken("a", outcome)}, {row("a", 1)});
    ASSERT_THAT(pairing.outcomes.changed, SizeIs(1));
    EXPECT_TRUE(pairing.outcomes.has_failures()) << outcome;
  }
}

TEST(Pairing, OtherChangesOfAnOutcomeAreNoted) {
  const Pairing pairing =
      pair_rows({row("a", 1), broken("b", "skipped"), broken("c", "out_of_memory"), broken("d", "killed")},
                {broken("a", "out_of_memory"), row("b", 1), broken("c", "skipped"), broken("d", "killed")});
  EXPECT_THAT(pairing.outcomes.changed, SizeIs(3));
  EXPECT_FALSE(pairing.outcomes.has_failures());
}

TEST(Pairing, OneFailureAmongRepeatsIsNotHiddenByThoseThatWork) {
  const Pairing pairing =
      pair_rows({row("a", 1), broken("a", "skipped"), broken("a", "out_of_memory")}, {row("a", 1)});
  ASSERT_THAT(pairing.outcomes.changed, SizeIs(1));
  EXPECT_TRUE(pairing.outcomes.changed[0].is_failure);
  EXPECT_EQ(pairing.outcomes.changed[0].row, 2u);
}

TEST(Pairing, AValueOfAnotherCounterIsNotCompared) {
  Measurement now = row("a", 1), old = row("a", 1);
  now.counter = "NVML", old.counter = "cudaMemGetInfo";
  const Pairing pairing = pair_rows({now}, {old});
  EXPECT_THAT(pairing.configuration_of, ElementsAre(Pairing::none));
  EXPECT_THAT(pairing.outcomes.other_counter, ElementsAre(0u));
  EXPECT_THAT(pairing.outcomes.changed, IsEmpty());
}

}  // namespace
}  // namespace calibram
