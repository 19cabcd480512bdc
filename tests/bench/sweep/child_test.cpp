// SPDX-License-Identifier: MIT
// The lines that a measuring child writes and its parent reads.
#include "bench/sweep/child.hpp"

#include "bench/sweep/plan.hpp"
#include "src/core/error.hpp"
#include "tests/bench/sweep/points.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ChildReport report_of(const std::string& lines) {
  ChildReport report;
  std::istringstream in{lines};
  for (std::string line; std::getline(in, line);) read_report_line(line, report);
  return report;
}

TEST(ChildReport, ItIsCompleteOnlyWithItsLastLine) {
  const std::string stage = "{\"stage\":\"start\",\"resident\":5,\"peak\":7}\n";
  EXPECT_FALSE(report_of("").complete);
  EXPECT_FALSE(report_of(stage).complete);
  const ChildReport report =
      report_of(stage + "{\"requested\":1,\"rounded\":2,\"swapped\":0,\"slack\":3,\"counter\":\"VmHWM\"}\n");
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.requested, Bytes{1});
  EXPECT_EQ(report.rounded, Bytes{2});
  EXPECT_EQ(report.slack, Bytes{3});
  EXPECT_EQ(report.stages.front().peak, Bytes{7});
}

TEST(ChildReport, WhatIsNoReportLineIsRefused) {
  for (const char* garbage :
       {"", "hello", "{", "[]", "null", "42", "{}", "{\"stage\":3}", "{\"stage\":\"kv\"}",
        "{\"stage\":\"kv\",\"resident\":\"x\",\"peak\":1}", "{\"requested\":1}"}) {
    ChildReport report;
    const std::string error = message_of<Error>([&] { read_report_line(garbage, report); });
    EXPECT_THAT(error, HasSubstr("cannot read a measuring process's report")) << garbage;
    EXPECT_FALSE(report.complete) << garbage;
  }
}

TEST(ChildReport, OutOfMemoryIsAFinding) {
  const ChildReport report = report_of("{\"out_of_memory\":\"wanted 3 MiB\"}\n");
  EXPECT_TRUE(report.out_of_memory);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.reason, "wanted 3 MiB");
}

TEST(ChildReport, ThePeakIsThatOfTheHighestStageOfTheRun) {
  ChildReport report = whole_report(tiny_point());
  report.stages[4].peak = Bytes{1'000'000'000'000};  // prefill
  report.stages[0].peak = Bytes{2'000'000'000'000};  // before the run
  EXPECT_EQ(highest_peak(report), Bytes{1'000'000'000'000});
}

TEST(ChildReport, AStageThatIsMissingIsNamed) {
  ChildReport report = whole_report(tiny_point());
  report.stages.erase(report.stages.begin() + 4);
  EXPECT_EQ(message_of<Error>([&] { highest_peak(report); }),
            "a measuring process's report is incomplete (it lacks the stage prefill); run that point again");
}

TEST(HostChild, ItReportsEveryStageInOrderAndTheBooksOfItsAllocator) {
  const Point point = tiny_point();
  std::stringstream out;
  run_host_child(point.row, point.layers_executed, out);
  const ChildReport report = report_of(out.str());
  std::vector<std::string> stages;
  for (const StageReading& reading : report.stages) stages.push_back(reading.stage);
  EXPECT_THAT(stages, ElementsAre("start", "warm_up", "weights", "kv", "prefill", "decode", "freed"));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.requested, point.prediction.requested) << "the pass asks for what theory counts";
  EXPECT_EQ(report.rounded, point.prediction.total);
}

TEST(HostChild, ItDoesNotOutliveAParentThatDiedBeforeItBegan) {
  EXPECT_EXIT(
      {
        try {
          be_expendable(::getppid() + 1);
        } catch (const Error&) {
          std::_Exit(7);
        }
        std::_Exit(0);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace calibram
