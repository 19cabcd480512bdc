// SPDX-License-Identifier: MIT
// The scheduler of a sweep, with a stand-in for its children: rows, budget, resuming, stopping, a full disk.
#include "bench/sweep/sweep.hpp"

#include "src/core/error.hpp"
#include "src/core/line_appender.hpp"
#include "tests/bench/sweep/points.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <thread>

#include <sys/resource.h>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

ProcessEnd measure_well(const Point& point, ChildReport& report, const std::atomic<bool>&) {
  report = whole_report(point);
  return {};
}

std::vector<Point> tiny_plan() { return {tiny_point(64), tiny_point(128), tiny_point(190)}; }

/// A sweep of the tiny plan into a file of its own.
struct TinySweep {
  ScratchFolder folder;
  std::atomic<bool> stop{false};
  SweepOptions options;

  TinySweep() {
    options.csv = folder.path() / "x.csv";
    options.budget = 1_GiB;
    options.provenance = test_provenance;
    options.run_point = measure_well;
  }
  SweepResult run(std::vector<Point> plan = tiny_plan()) { return run_sweep(std::move(plan), options, stop); }
  SweepResult resume(std::vector<Point> plan = tiny_plan()) {
    options.resume = true;
    return run(std::move(plan));
  }
  std::vector<Measurement> rows() const { return read_measurements(options.csv); }
  std::vector<std::string> outcomes() const {
    std::vector<std::string> found;
    for (const Measurement& row : rows())
      if (row.metric == Metric::rss) found.push_back(row.outcome);
    return found;
  }
};

TEST(Sweep, EveryPointBecomesARowPerMetric) {
  TinySweep sweep;
  const SweepResult result = sweep.run();
  EXPECT_EQ(result.measured, 3u);
  EXPECT_FALSE(result.interrupted);
  const auto rows = sweep.rows();
  ASSERT_EQ(rows.size(), 6u);
  for (const Measurement& row : rows) {
    EXPECT_EQ(row.device, "test machine");
    EXPECT_EQ(row.source, "test");
    EXPECT_EQ(*row.unaccounted, *row.driver - *row.rounded);
  }
}

TEST(Sweep, ARowIsInTheFileBeforeTheNextPointEnds) {
  TinySweep sweep;
  std::vector<std::size_t> seen;
  sweep.options.run_point = [&](const Point& point, ChildReport& report, const auto& stop) {
    seen.push_back(sweep.rows().size());
    return measure_well(point, report, stop);
  };
  sweep.run();
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 2, 4}));
}

TEST(Sweep, AChildThatIsKilledOrFailsCostsItsOwnPointOnly) {
  TinySweep sweep;
  sweep.options.run_point = [](const Point& point, ChildReport& report, const auto& stop) -> ProcessEnd {
    if (point.row.workload.context == 64) return {0, SIGKILL, false, ""};
    if (point.row.workload.context == 128) return {1, 0, false, "calibram: no luck"};
    return measure_well(point, report, stop);
  };
  const SweepResult result = sweep.run();
  EXPECT_EQ(result.measured, 1u);
  EXPECT_EQ(result.failed, 2u);
  EXPECT_THAT(sweep.outcomes(), UnorderedElementsAre("", "killed", "failed"));
}

TEST(Sweep, AChildThatCannotBeReadCostsItsOwnPointOnly) {
  TinySweep sweep;
  sweep.options.run_point = [](const Point& point, ChildReport& report, const auto& stop) {
    if (point.row.workload.context == 64) read_report_line("garbage", report);
    const ProcessEnd end = measure_well(point, report, stop);
    if (point.row.workload.context == 128) report.stages.clear();
    return end;
  };
  EXPECT_EQ(sweep.run().failed, 2u);
  EXPECT_THAT(sweep.outcomes(), UnorderedElementsAre("", "failed", "failed"));
}

TEST(Sweep, APointBeyondTheBudgetIsSkippedWithItsNeed) {
  TinySweep sweep;
  sweep.options.budget = 1_MiB;
  const SweepResult result = sweep.run({tiny_point()});
  EXPECT_EQ(result.skipped, 1u);
  EXPECT_EQ(result.measured, 0u);
  EXPECT_EQ(sweep.rows().front().outcome, "skipped");
  EXPECT_THAT(sweep.rows().front().reason, HasSubstr(", the budget is 0.00 GiB"));
}

TEST(Sweep, ChildrenNeverTakeMoreThanTheBudgetTogether) {
  TinySweep sweep;
  const std::vector<Point> plan(12, tiny_point());
  const Bytes need = plan.front().prediction.total + 64_MiB;
  sweep.options.budget = need * 2 + 1_MiB;
  sweep.options.parallel = 6;
  std::atomic<int> running{0}, most{0};
  sweep.options.run_point = [&](const Point& point, ChildReport& report, const auto& stop) {
    const int now = ++running;
    for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    --running;
    return measure_well(point, report, stop);
  };
  EXPECT_EQ(sweep.run(plan).measured, 12u);
  EXPECT_LE(most, 2) << "two fit";
}

TEST(Sweep, ResumingLeavesOutWhatIsThereAndRepeatsWhatFailed) {
  TinySweep sweep;
  sweep.options.run_point = [](const Point& point, ChildReport& report, const auto& stop) -> ProcessEnd {
    if (point.row.workload.context == 128) return {0, SIGKILL, false, ""};
    return measure_well(point, report, stop);
  };
  sweep.run();
  std::vector<std::int64_t> again;
  sweep.options.run_point = [&](const Point& point, ChildReport& report, const auto& stop) {
    again.push_back(*point.row.workload.context);
    return measure_well(point, report, stop);
  };
  const SweepResult result = sweep.resume();
  EXPECT_EQ(again, std::vector<std::int64_t>{128});
  EXPECT_EQ(result.reused, 2u);
  EXPECT_EQ(result.measured, 1u);
  EXPECT_EQ(sweep.resume().reused, 3u);
}

TEST(Sweep, RepeatsAreCountedWhenResuming) {
  TinySweep sweep;
  sweep.run({tiny_point()});
  const SweepResult result = sweep.resume({tiny_point(), tiny_point(), tiny_point()});
  EXPECT_EQ(result.reused, 1u);
  EXPECT_EQ(result.measured, 2u);
}

TEST(Sweep, APointCutOffBetweenItsRowsIsMeasuredAgain) {
  TinySweep sweep;
  sweep.run({tiny_point()});
  const std::string text = sweep.folder.read("x.csv");
  const std::size_t last_row = text.rfind('\n', text.size() - 2) + 1;
  sweep.folder.write("x.csv", text.substr(0, last_row + 10));
  const SweepResult result = sweep.resume({tiny_point()});
  EXPECT_EQ(result.dropped, 10_B);
  EXPECT_EQ(result.measured, 1u);
}

TEST(Sweep, StoppingLeavesAValidFileAndNoRowOfACutOffPoint) {
  TinySweep sweep;
  sweep.options.run_point = [&](const Point& point, ChildReport& report, const auto& stop) -> ProcessEnd {
    if (point.row.workload.context != 128) return measure_well(point, report, stop);
    sweep.stop = true;
    return {0, SIGKILL, true, ""};
  };
  const SweepResult result = sweep.run();
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.measured, 1u) << "the longest point came first";
  EXPECT_THAT(sweep.outcomes(), UnorderedElementsAre(""));
  sweep.stop = false;
  sweep.options.run_point = measure_well;
  EXPECT_EQ(sweep.resume().measured, 2u);
}

TEST(Sweep, AFullDiskIsAnErrorAndTheRowsBeforeItAreWhole) {
  TinySweep sweep;
  sweep.run({tiny_point()});
  const auto size = std::filesystem::file_size(sweep.options.csv);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit narrow{size + 100, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &narrow);
  const std::string error = message_of<Error>([&] { sweep.resume(); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_action);
  EXPECT_THAT(error, HasSubstr("; free some space, or write to another folder"));
  EXPECT_EQ(std::filesystem::file_size(sweep.options.csv), size);
  EXPECT_EQ(sweep.rows().size(), 2u);
  EXPECT_EQ(sweep.resume().measured, 2u) << "with space again, it goes on";
}

TEST(Sweep, TwoSweepsDoNotShareAFile) {
  TinySweep sweep;
  const auto other = LineAppender::create(sweep.options.csv, csv_header());
  EXPECT_THAT(message_of<Error>([&] { sweep.resume(); }), HasSubstr("another process is writing to it"));
}

TEST(Sweep, AnExistingFileIsNotOverwritten) {
  TinySweep sweep;
  sweep.run();
  EXPECT_THROW(sweep.run(), InputError);
  EXPECT_EQ(sweep.rows().size(), 6u);
}

TEST(Sweep, ProgressCountsEveryPointAndAllItsWork) {
  TinySweep sweep;
  SweepProgress last;
  sweep.options.parallel = 3;
  sweep.options.on_progress = [&](const SweepProgress& progress) { last = progress; };
  sweep.run();
  EXPECT_EQ(last.done, 3u);
  EXPECT_EQ(last.total, 3u);
  EXPECT_NEAR(last.work_done, last.work_total, 1e-6 * last.work_total);
}

TEST(SweepBudget, HalfOfWhatIsAvailableUpToAFixedSum) {
  EXPECT_EQ(default_budget(4_GiB), 2_GiB);
  EXPECT_EQ(default_budget(512_GiB), 8_GiB);
}

}  // namespace
}  // namespace calibram
