// SPDX-License-Identifier: MIT
// Rows of watched commands.
#include "bench/watch/watch_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

Measurement asked() {
  Measurement row;
  row.model = "qwen2-7b";
  row.device = "a processor";
  row.machine = "node7";
  row.source = "calibram 1";
  return row;
}

WatchResult result() {
  WatchResult result;
  result.resident = ResidentPeak{{100_MiB, 100_MiB}, 1, "ru_maxrss"};
  result.wall_milliseconds = 1234;
  return result;
}

Measurement only_row(const WatchResult& result) {
  const auto rows = watch_rows(asked(), "llama-bench", result);
  EXPECT_EQ(rows.size(), 1u);
  return rows.at(0);
}

TEST(WatchRows, OneProcessIsOneFigureWithoutAResolution) {
  const Measurement row = only_row(result());
  EXPECT_EQ(row.metric, Metric::rss);
  EXPECT_EQ(row.value, (100_MiB).count());
  EXPECT_FALSE(row.resolution);
  EXPECT_GT(row.slack.value_or(0), 0);
  EXPECT_EQ(row.source, "calibram 1 watching llama-bench");
  EXPECT_EQ(row.wall_milliseconds, 1234);
  EXPECT_EQ(row.outcome, "");
}

TEST(WatchRows, BoundsAreTheMiddleAndHalfTheirWidth) {
  WatchResult tree = result();
  tree.resident->bounds = {Bytes{100}, Bytes{201}};
  const Measurement row = only_row(tree);
  EXPECT_LE(*row.value - *row.resolution, 100);
  EXPECT_GE(*row.value + *row.resolution, 201);
  EXPECT_EQ(row.value, 150);
}

TEST(WatchRows, HowItEndedIsTheOutcomeAndTheValueStays) {
  WatchResult end = result();
  end.end.exit_status = 3;
  EXPECT_EQ(only_row(end).outcome, "failed");
  EXPECT_EQ(only_row(end).reason, "exit status 3");
  EXPECT_TRUE(only_row(end).value);
  end = result();
  end.end.signal = SIGKILL;
  EXPECT_EQ(only_row(end).outcome, "killed");
  EXPECT_EQ(only_row(end).reason, "by signal 9 (Killed)");
  EXPECT_TRUE(only_row(end).value);
  end = result();
  end.end.is_known = false;
  EXPECT_EQ(only_row(end).outcome, "failed");
}

TEST(WatchRows, WhatTheKernelKilledForMemoryIsOutOfMemory) {
  WatchResult full = result();
  full.end.signal = SIGKILL;
  full.group = GroupPeak{50_MiB, "memory.peak", 1};
  const auto rows = watch_rows(asked(), "llama-bench", full);
  ASSERT_EQ(rows.size(), 2u);
  for (const Measurement& row : rows) EXPECT_EQ(row.outcome, "out_of_memory");
  EXPECT_EQ(rows[1].metric, Metric::cgroup);
  EXPECT_EQ(rows[1].value, (50_MiB).count());
  EXPECT_EQ(rows[1].counter, "memory.peak");
  EXPECT_THAT(rows[1].reason, HasSubstr("killed 1 of its processes for want of memory; by signal 9"));
}

TEST(WatchRows, WhatWasNeverStartedHasARowWithoutAValue) {
  WatchResult nothing;
  nothing.end.exec_error = ENOENT;
  const Measurement row = only_row(nothing);
  EXPECT_FALSE(row.value);
  EXPECT_EQ(row.outcome, "failed");
  EXPECT_EQ(row.reason, "not started: No such file or directory");
}

TEST(WatchRows, EachCardHasARowOfItsOwn) {
  WatchResult cards = result();
  cards.driver = "580.1";
  cards.cards = {{"NVIDIA H200", "GPU-1", 2_GiB, "polled"}, {"NVIDIA H200", "GPU-2", 3_GiB, "polled"}};
  const auto rows = watch_rows(asked(), "llama-bench", cards);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].metric, Metric::device);
  EXPECT_EQ(rows[2].device, "NVIDIA H200");
  EXPECT_EQ(rows[2].machine, "node7/GPU-2");
  EXPECT_EQ(rows[2].value, (3_GiB).count());
  EXPECT_EQ(rows[2].versions.at("driver"), "580.1");
  EXPECT_EQ(rows[0].versions.count("driver"), 0u);
}

TEST(WatchRows, ARunOnSeveralCardsIsTheirSum) {
  WatchResult cards = result();
  cards.cards = {{"NVIDIA H200", "GPU-1", 2_GiB, "polled"}, {"NVIDIA H200", "GPU-2", 3_GiB, "polled"}};
  Measurement on_two = asked();
  on_two.devices = 2;
  on_two.split = Split::tensor;
  const auto rows = watch_rows(on_two, "llama-bench", cards);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].devices, 1) << "the host is one";
  EXPECT_EQ(rows[1].devices, 2);
  EXPECT_EQ(rows[1].value, (5_GiB).count());
  EXPECT_EQ(rows[1].counter, "polled, sum of 2 cards");
}

}  // namespace
}  // namespace calibram
