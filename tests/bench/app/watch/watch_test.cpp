// SPDX-License-Identifier: MIT
// calibram watch: how near its peaks are to the truth, and the row that every end leaves.
#include "tests/bench/app/watch/watching.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Watch, ThePeakOfOneProcessIsWhatItTouched) {
  for (const char* mib : {"100", "400"}) {
    const Watching watching;
    const Outcome outcome = watching.run(Watching::act({"touch", mib}));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::int64_t truth = truth_of(outcome);
    const Measurement row = watching.resident();
    EXPECT_NEAR(static_cast<double>(*row.value), static_cast<double>(truth),
                static_cast<double>(tolerance(truth)));
    EXPECT_FALSE(row.resolution) << "nothing to bound";
    EXPECT_EQ(row.counter, "ru_maxrss");
  }
}

constexpr std::int64_t mib = 1 << 20;

/// The row's bounds hold the truth. @param lowest  of the lower bound. @param highest  of the upper one,
/// where the kernel tells marks and times of the ends; elsewhere every process may have had as much as the
/// largest
void expect_bounds_to_hold(const Watching& watching, std::int64_t truth, std::int64_t processes,
                           std::int64_t lowest, std::int64_t highest) {
  const Measurement row = watching.resident();
  const std::int64_t half = row.resolution.value_or(0), slack = tolerance(truth, processes);
  EXPECT_LE(*row.value - half, truth + slack);
  EXPECT_GE(*row.value + half, truth - slack);
  EXPECT_GE(*row.value - half, lowest - slack);
  const bool has_marks = row.counter.str().find("taskstats") != std::string::npos;
  EXPECT_LE(*row.value + half, has_marks ? highest + slack : processes * truth);
}

TEST(Watch, ProcessesAtOnceAreBetweenTheLargestAndTheSum) {
  const Watching watching;
  const Outcome outcome = watching.run(Watching::act({"together", "60", "80", "100"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::int64_t truth = truth_of(outcome);
  EXPECT_GT(truth, 240 * mib);
  expect_bounds_to_hold(watching, truth, 4, 100 * mib, truth + 4 * 8 * mib);
}

TEST(Watch, ProcessesInTurnAreNotAddedUp) {
  const Watching watching;
  const Outcome outcome = watching.run(Watching::act({"in-turn", "100", "100", "100"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  expect_bounds_to_hold(watching, truth_of(outcome), 4, 100 * mib, 130 * mib);
}

TEST(Watch, WhatIsReplacedByExecCounts) {
  const Watching watching;
  const Outcome outcome = watching.run(Watching::act({"exec", "150"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::int64_t truth = truth_of(outcome);  // the first line; the new image prints another one
  EXPECT_NEAR(static_cast<double>(*watching.resident().value), static_cast<double>(truth),
              static_cast<double>(tolerance(truth)));
}

TEST(Watch, ItsOwnMemoryIsNoFloor) {
  const Watching watching;
  ASSERT_EQ(watching.run({"true"}).status, 0);
  EXPECT_LT(*watching.resident().value, 4 * mib) << "calibram itself has more";
}

TEST(Watch, TheRowSaysWhoWhenAndWithWhat) {
  const Watching watching;
  ASSERT_EQ(watching.run({"true"}).status, 0);
  const Measurement row = watching.resident();
  EXPECT_EQ(row.model, "true");
  EXPECT_EQ(row.outcome, "");
  EXPECT_THAT(row.source, HasSubstr(" watching true"));
  EXPECT_THAT(row.measured_at, testing::MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_NE(row.machine, "");
  EXPECT_NE(row.device, "");
  EXPECT_EQ(row.versions.count("kernel"), 1u);
  EXPECT_TRUE(row.slack);
  EXPECT_TRUE(row.wall_milliseconds);
}

TEST(Watch, AControlGroupIsAMetricOfItsOwnOrAbsentWithAReason) {
  const Watching watching;
  const Outcome outcome = watching.run(Watching::act({"touch", "100"}));
  const auto rows = watching.rows();
  if (rows.size() == 1) {
    EXPECT_THAT(outcome.err, HasSubstr("note: no metric cgroup: "));
    return;
  }
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].metric, Metric::cgroup);
  EXPECT_THAT(rows[1].counter, StartsWith("memory."));
  EXPECT_NEAR(static_cast<double>(*rows[1].value), 100.0 * mib, 16.0 * mib);
}

TEST(Watch, OutputAndStatusAreTheCommands) {
  const Watching watching;
  const Outcome outcome = watching.run({"sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_THAT(outcome.err, StartsWith("err\n"));
  EXPECT_EQ(watching.resident().outcome, "failed");
  EXPECT_EQ(watching.resident().reason, "exit status 7");
  EXPECT_GT(*watching.resident().value, 0);
}

TEST(Watch, FlagsBehindTheDashesAreTheCommands) {
  const Watching watching;
  EXPECT_EQ(watching.run({"echo", "--help", "-o", "x", "--"}).out, "--help -o x --\n");
}

TEST(Watch, ACommandThatKillsItselfIsDiedWithAndKeepsItsValue) {
  const Watching watching;
  const Outcome outcome = watching.run(Watching::act({"die", "50", std::to_string(SIGKILL)}));
  EXPECT_EQ(outcome.status, 128 + SIGKILL);
  const Measurement row = watching.resident();
  EXPECT_EQ(row.outcome, "killed");
  EXPECT_EQ(row.reason, "by signal 9 (Killed)");
  EXPECT_GT(*row.value, 50 * mib);
}

TEST(Watch, ACoreIsNotDumpedTwice) {
  const Watching watching;
  EXPECT_EQ(watching.run(Watching::act({"die", "1", std::to_string(SIGQUIT)})).status, 128 + SIGQUIT);
  EXPECT_FALSE(std::filesystem::exists(watching.program().folder().path() / "core.calibram"));
}

TEST(Watch, ADaemonIsWatchedUntilItEnds) {
  const Watching watching;
  const std::string fifo = watching.program().folder().path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t pid = watching.program().start(Watching::watch(Watching::act({"leave", "120", fifo})));
  watching.output_with("has ended and left one process running");
  std::ofstream{fifo} << "go\n";
  const Outcome outcome = watching.program().wait_for(pid);
  EXPECT_EQ(outcome.status, 0);
  const std::int64_t truth = truth_of(outcome);
  EXPECT_GT(truth, 120 * mib);
  expect_bounds_to_hold(watching, truth, 3, truth, truth + 16 * mib);
}

TEST(Watch, WatchingADaemonCanBeEndedAndStillLeavesARow) {
  const Watching watching;
  const std::string fifo = watching.program().folder().path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t pid = watching.program().start(Watching::watch(Watching::act({"leave", "120", fifo})));
  watching.output_with("has ended and left one process running");
  watching.output_with(" bytes\n");  // the daemon has them all
  ::kill(pid, SIGTERM);
  const Outcome outcome = watching.program().wait_for(pid);
  EXPECT_EQ(outcome.status, 0) << "the command's own";
  EXPECT_GT(*watching.resident().value + watching.resident().resolution.value_or(0), 120 * mib);
  std::ofstream{fifo} << "go\n";  // would wait for ever if the daemon had been killed
}

TEST(Watch, ACommandThatIsNotThereLeavesARowToo) {
  const Watching watching;
  const Outcome outcome = watching.run({"no-such-program"});
  EXPECT_EQ(outcome.status, 127);
  EXPECT_EQ(outcome.err,
            "calibram: cannot run 'no-such-program' (No such file or directory); check its name and PATH\n");
  EXPECT_EQ(watching.resident().outcome, "failed");
  EXPECT_FALSE(watching.resident().value);
}

TEST(Watch, AFileThatIsNoProgramCannotBeRun) {
  const Watching watching;
  const std::string file = watching.program().folder().write("notes.txt", "hello");
  EXPECT_EQ(watching.run({file}).status, 126);
  EXPECT_EQ(watching.resident().reason, "not started: Permission denied");
}

TEST(Watch, ACommandMustBeBehindTheDashes) {
  const Watching watching;
  const Outcome outcome = watching.program().run({"watch", "sleep", "1"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(
      outcome.err,
      "calibram: there is no command to run (it stands behind \"--\"); write \"calibram watch -- sleep\"\n");
  EXPECT_EQ(watching.program().run({"watch", "--"}).status, 2);
  EXPECT_EQ(watching.program().run({"watch", "a-model", "word", "--", "true"}).status, 2);
  EXPECT_EQ(watching.program().run({"watch", "--help"}).status, 0);
}

TEST(Watch, RowsAreAppended) {
  const Watching watching;
  watching.run({"true"});
  const std::size_t once = watching.rows().size();
  watching.run({"true"});
  EXPECT_EQ(watching.rows().size(), 2 * once);
}

TEST(Watch, AFileOfAnotherKindIsRefusedBeforeTheCommandRuns) {
  const Watching watching;
  const std::string file = watching.program().folder().write("other.csv", "name,age\nx,1\n");
  const Outcome outcome = watching.program().run({"watch", "-o", file, "--", "touch", "ran"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("its first line is not the one that this version writes"));
  EXPECT_FALSE(std::filesystem::exists(watching.program().folder().path() / "ran"));
  EXPECT_EQ(watching.program().folder().read("other.csv"), "name,age\nx,1\n");
}

TEST(Watch, AnUnknownModelIsRefusedBeforeTheCommandRuns) {
  const Watching watching;
  const Outcome outcome = watching.program().run({"watch", "no-such-model", "--", "touch", "ran"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_FALSE(std::filesystem::exists(watching.program().folder().path() / "ran"));
}

TEST(Watch, AModelIsInTheRowWithItsWorkloadAndPrediction) {
  const Watching watching;
  const Outcome outcome = watching.program().run(
      {"watch", "qwen2-0.5b", "--prompt", "100", "--generate", "28", "--weights", "fp16", "--", "true"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Measurement row = watching.resident();
  EXPECT_EQ(row.model, "qwen2-0.5b");
  EXPECT_EQ(row.workload.prompt, 100);
  EXPECT_EQ(row.workload.generate, 28);
  EXPECT_GT(row.predicted.value_or(0), 900 * mib);
}

}  // namespace
}  // namespace calibram
