// SPDX-License-Identifier: MIT
// Machines beside each other: what they differ by, which is odd, and what the spread does to an interval.
#include "fit/fleet.hpp"

#include "fit/prediction.hpp"
#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::DoubleNear;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double mib = 1 << 20;

/// Ten contexts on one machine, each `offset` above what all machines have in common.
void measure_on(const std::string& machine, double offset_bytes, std::vector<Measurement>& rows) {
  for (int i = 1; i <= 10; ++i) {
    Measurement row;
    row.model = "qwen2-7b";
    row.metric = Metric::rss;
    row.workload.prompt = 100 * i;
    row.machine = machine;
    row.value = std::int64_t{1} << 30;
    *row.value += 1000 * i + static_cast<std::int64_t>(offset_bytes);
    rows.push_back(row);
  }
}

std::vector<Measurement> measured_on(const std::vector<std::pair<std::string, double>>& machines) {
  std::vector<Measurement> rows;
  for (const auto& [machine, offset] : machines) measure_on(machine, offset, rows);
  return rows;
}

TEST(Fleet, AMachineApartFromTheOthersIsAnOutlier) {
  const auto fleets =
      fleets_of(measured_on({{"a", 0}, {"b", 1000}, {"c", 80 * mib}, {"d", -1000}, {"e", 500}, {"f", -700}}));
  ASSERT_THAT(fleets, SizeIs(1));
  EXPECT_EQ(fleets[0].name(), "calibram rss");
  ASSERT_THAT(fleets[0].members, SizeIs(6));
  for (const FleetMember& member : fleets[0].members) {
    EXPECT_EQ(member.is_outlier, member.machine == "c") << member.machine;
    EXPECT_EQ(member.configurations, 10u);
  }
  EXPECT_THAT(fleets[0].members[2].offset_bytes, DoubleNear(80 * mib, 1000));
  EXPECT_EQ(fleets[0].spread.machines, 5) << "the outlier is no part of the spread";
}

TEST(Fleet, TheSpreadIsTheDeviationBetweenMachines) {
  const auto fleets =
      fleets_of(measured_on({{"a", -30 * mib}, {"b", -10 * mib}, {"c", 10 * mib}, {"d", 30 * mib}}));
  // Squares of 30, 10, 10 and 30 over 3.
  EXPECT_THAT(fleets.at(0).spread.deviation_bytes / mib, DoubleNear(std::sqrt(2000.0 / 3), 0.01));
  EXPECT_EQ(fleets[0].spread.machines, 4);
}

TEST(Fleet, MachinesThatAgreeToAPageHaveASpreadBelowOne) {
  const auto fleets = fleets_of(measured_on({{"a", 0}, {"b", 500}, {"c", -500}}));
  EXPECT_LT(fleets.at(0).spread.deviation_bytes, 4096);
}

TEST(Fleet, OnlyWhatSeveralMachinesMeasuredIsCompared) {
  std::vector<Measurement> rows = measured_on({{"a", 0}, {"b", 0}});
  Measurement alone = rows.front();
  alone.workload.prompt = 77;
  rows.push_back(alone);
  Measurement failed = rows.front();
  failed.machine = "c";
  failed.outcome = "rejected";
  rows.push_back(failed);
  const auto fleets = fleets_of(rows);
  ASSERT_THAT(fleets.at(0).members, SizeIs(2));
  EXPECT_EQ(fleets[0].members[0].configurations, 10u);
}

TEST(Fleet, RowsWithoutAMachineAreNoFleet) {
  EXPECT_THAT(fleets_of(measured_on({{"", 0}, {"", 0}})), IsEmpty());
}

TEST(Fleet, RepeatsOfOneMachineAreOneMachine) {
  EXPECT_THAT(fleets_of(measured_on({{"a", 0}, {"a", 5 * mib}})), IsEmpty());
}

TEST(Fleet, TheOrderOfRowsDoesNotMatter) {
  std::vector<Measurement> rows = measured_on({{"a", 0}, {"b", mib}, {"c", 2 * mib}});
  const auto before = fleets_of(rows);
  std::reverse(rows.begin(), rows.end());
  const auto after = fleets_of(rows);
  ASSERT_EQ(before.at(0).members.size(), after.at(0).members.size());
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(before[0].members[i].offset_bytes, after[0].members[i].offset_bytes);
}

TEST(Fleet, TheSpreadOfMachinesWidensThePrediction) {
  Truth truth;
  truth.row_deviations = 1;
  Fit fit = calibrate(sweep(6, truth), sweep_noise);
  const Observation row = row_of(1, 1024, 1);
  const double alone = predict(fit, row.terms).spread.total;
  fit.spread = {8, 50e6};
  EXPECT_THAT(predict(fit, row.terms).spread.total, DoubleNear(std::hypot(alone, 50e6), 1));
}

}  // namespace
}  // namespace calibram
