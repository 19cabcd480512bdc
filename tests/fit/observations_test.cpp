// SPDX-License-Identifier: MIT
// Which measured rows a fit takes, in which groups, and with what noise.
#include "fit/observations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::Pair;

Measurement row_with(Metric metric) {
  Measurement row;
  row.model = "probe-gqa";
  row.weights = row.kv = "fp16";
  row.workload = {1, 60, 4, 64};
  row.metric = metric;
  row.value = 500'000'000;
  row.counter = "a counter";
  return row;
}

TEST(Observations, RowsOfACardScatterByItsPagesAndKeepTheirCounter) {
  const Observations found = observations_of({row_with(Metric::device), row_with(Metric::allocated)});
  ASSERT_EQ(found.groups.size(), 2u);
  EXPECT_EQ(found.groups[0].metric, Metric::device);
  EXPECT_EQ(found.groups[0].counter, "a counter");
  EXPECT_NEAR(found.groups[0].noise.page_bytes, (2 << 20) / std::sqrt(3.0), 1);
  EXPECT_LT(found.groups[1].noise.page_bytes, 1000);
}

TEST(Observations, ARowWithAnOutcomeIsLeftOutEvenWhenItHasAValue) {
  std::vector<Measurement> rows(2, row_with(Metric::device));
  rows[0].outcome = "near_full";
  rows[1].outcome = "rejected";
  const Observations found = observations_of(rows);
  EXPECT_TRUE(found.groups.empty());
  EXPECT_THAT(found.reasons, ElementsAre(Pair("outcome near_full", 1), Pair("outcome rejected", 1)));
}

TEST(Observations, EagerModuleLoadingIsLeftOutAndLazyIsNot) {
  std::vector<Measurement> rows(2, row_with(Metric::device));
  rows[0].options = {{"module_loading", "eager"}};
  rows[1].options = {{"module_loading", "lazy"}};
  const Observations found = observations_of(rows);
  ASSERT_EQ(found.groups.size(), 1u);
  EXPECT_EQ(found.groups[0].observations.size(), 1u);
  EXPECT_THAT(found.reasons, ElementsAre(Pair("module_loading=eager loads kernels that no run uses", 1)));
}

TEST(Observations, RowsOfACardWithTheContextAndWithoutAreNotMixed) {
  std::vector<Measurement> rows(3, row_with(Metric::device));
  rows[1].counter = "another counter";
  const Observations found = observations_of(rows);
  ASSERT_EQ(found.groups.size(), 1u);
  EXPECT_EQ(found.groups[0].observations.size(), 2u);
  EXPECT_THAT(found.reasons,
              ElementsAre(Pair("counter \"another counter\" does not count what \"a counter\" of the rows "
                               "before does",
                               1)));
}

TEST(Observations, EveryRowHasTheTermsOfItsOwnConfiguration) {
  std::vector<Measurement> rows;
  for (int i = 0; i < 200; ++i) {
    Measurement row = row_with(i % 2 == 0 ? Metric::allocated : Metric::rss);
    row.workload.batch = 1 + i / 2 % 7;
    row.weights = i % 3 == 0 ? "int8" : "fp16";
    if (i % 5 == 0) row.options = {{"logits", "all"}};
    rows.push_back(row);
  }
  std::size_t count = 0;
  for (const ObservationGroup& group : observations_of(rows).groups)
    for (const Observation& observation : group.observations) {
      const Observations alone = observations_of({rows[observation.row]});
      EXPECT_EQ(observation.terms, alone.groups.at(0).observations.at(0).terms) << observation.row;
      EXPECT_EQ(observation.batch, rows[observation.row].workload.batch);
      ++count;
    }
  EXPECT_EQ(count, rows.size());
}

TEST(Observations, WhatCannotBeCountedIsLeftOutForEachOfItsRows) {
  std::vector<Measurement> rows(5, row_with(Metric::allocated));
  rows[1].model = rows[3].model = "70B";
  rows[2].value = 0;
  const Observations found = observations_of(rows);
  ASSERT_EQ(found.groups.size(), 1u);
  EXPECT_EQ(found.groups[0].observations.size(), 2u);
  EXPECT_EQ(found.groups[0].observations[1].row, 4u);
  EXPECT_THAT(found.reasons, ElementsAre(Pair("a bare size cannot be fitted (it has no architecture)", 2),
                                         Pair("a measured value of 0 is none", 1)));
}

}  // namespace
}  // namespace calibram
