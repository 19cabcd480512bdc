// SPDX-License-Identifier: MIT
// Sweeps in the order of time: their coefficients, the steps between them, and what changed beside them.
#include "fit/history.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string results = std::string{CALIBRAM_SOURCE_DIR} + "/results/";

/// The committed sweep of a host, as if measured then, by that kernel, with weights this many times as large.
Sweep sweep_at(const std::string& time, const std::string& kernel, double weights = 1) {
  Sweep sweep{"sweep-" + time + ".csv", read_measurements(results + "amd-epyc/2026-11-21.csv")};
  for (Measurement& row : sweep.rows) {
    row.measured_at = time;
    row.versions = {{"kernel", kernel}};
    if (row.value && row.metric == Metric::rss)
      *row.value +=
          static_cast<std::int64_t>((weights - 1) * static_cast<double>(row.rounded.value_or(0)) / 2);
  }
  return sweep;
}

const HistorySeries& series_named(const std::vector<HistorySeries>& all, const std::string& fit,
                                  const std::string& term) {
  for (const HistorySeries& series : all)
    if (series.fit == fit && series.term == term) return series;
  throw std::runtime_error{"no series " + fit + " " + term};
}

TEST(History, RunsStandInTheOrderOfTimeWhateverTheOrderOfFiles) {
  const auto histories =
      histories_of({sweep_at("2026-11-23T10:00:00Z", "6.2"), sweep_at("2026-11-21T10:00:00Z", "6.1"),
                    sweep_at("2026-11-22T10:00:00Z", "6.1")});
  ASSERT_THAT(histories, SizeIs(1));
  ASSERT_THAT(histories[0].runs, SizeIs(3));
  EXPECT_EQ(histories[0].runs[0].measured_at, "2026-11-21T10:00:00Z");
  EXPECT_EQ(histories[0].runs[2].measured_at, "2026-11-23T10:00:00Z");
  EXPECT_THAT(histories[0].runs[1].changes, IsEmpty());
  ASSERT_THAT(histories[0].runs[2].changes, SizeIs(1));
  EXPECT_EQ(histories[0].runs[2].changes[0].name, "kernel");
  EXPECT_EQ(histories[0].runs[2].changes[0].before, "6.1");
  EXPECT_EQ(histories[0].runs[2].changes[0].after, "6.2");
}

TEST(History, RowsWithoutATimeHaveTheDateOfTheirFile) {
  Sweep old = sweep_at("", "6.1");
  old.file = "results/amd-epyc/2026-11-20-abc.csv";
  const auto histories = histories_of({sweep_at("2026-11-21T10:00:00Z", "6.1"), old});
  EXPECT_EQ(histories.at(0).runs.at(0).measured_at, "2026-11-20");
}

TEST(History, ACoefficientThatStaysIsUnchangedAndOneThatMovesIsNot) {
  const auto histories =
      histories_of({sweep_at("2026-11-21T10:00:00Z", "6.1"), sweep_at("2026-11-22T10:00:00Z", "6.1"),
                    sweep_at("2026-11-23T10:00:00Z", "6.2", 1.1)});
  const auto all = histories.at(0).series();
  const HistorySeries& weights = series_named(all, "calibram rss", "weights");
  ASSERT_THAT(weights.points, SizeIs(3));
  EXPECT_FALSE(weights.points[0].p_unchanged.has_value());
  EXPECT_EQ(weights.points[1].p_unchanged, 1);
  EXPECT_LT(*weights.points[2].p_unchanged, 1e-6);
  EXPECT_GT(weights.points[2].value, 1.04);
  const HistorySeries& constant = series_named(all, "calibram rss", "constant");
  EXPECT_NEAR(constant.points[0].value / (1 << 20), 9.6, 0.1);
}

TEST(History, AnEnginesNewVersionGoesOnWithItsLineAndIsAMark) {
  Sweep before{"a.csv", read_measurements(results + "published/qwen2.csv")}, after = before;
  for (Measurement& row : before.rows) row.measured_at = "2026-01-01T00:00:00Z";
  for (Measurement& row : after.rows) {
    row.measured_at = "2026-02-01T00:00:00Z";
    row.runtime = "transformers@4.38.3";
  }
  const auto histories = histories_of({before, after});
  ASSERT_THAT(histories, SizeIs(1));
  const auto changes = histories[0].runs.at(1).changes;
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].name, "transformers");
  EXPECT_EQ(changes[0].after, "4.38.3");
  EXPECT_THAT(series_named(histories[0].series(), "transformers allocated", "logits").points, SizeIs(2));
}

TEST(History, EachDeviceHasItsOwn) {
  Sweep other = sweep_at("2026-11-22T10:00:00Z", "6.1");
  for (Measurement& row : other.rows) row.device = "another";
  EXPECT_THAT(histories_of({sweep_at("2026-11-21T10:00:00Z", "6.1"), other}), SizeIs(2));
}

TEST(History, ASweepOfTwoDevicesIsRefusedWithItsLine) {
  Sweep mixed = sweep_at("2026-11-21T10:00:00Z", "6.1");
  mixed.rows[4].device = "another";
  EXPECT_THAT(message_of<InputError>([&] { histories_of({mixed}); }),
              HasSubstr("2026-11-21.csv:6: a row of 'another' in a sweep of 'AMD EPYC'"));
}

TEST(History, NoRowsAreNoHistory) { EXPECT_THAT(histories_of({Sweep{"empty.csv", {}}}), IsEmpty()); }

}  // namespace
}  // namespace calibram
