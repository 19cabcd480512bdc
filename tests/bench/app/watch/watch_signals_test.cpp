// SPDX-License-Identifier: MIT
// Signals, stopping and orphans around calibram watch.
#include "tests/bench/app/watch/watching.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

namespace calibram {
namespace {

using testing::HasSubstr;

/// calibram in a session and group of its own, as a shell with job control would have it, counting.
class Counting {
 public:
  Counting() : watching_{"/usr/bin/setsid"} {
    std::vector<std::string> arguments = Watching::watch(Watching::act({"count"}));
    arguments.insert(arguments.begin(), CALIBRAM_PROGRAM);
    pid_ = watching_.program().start(arguments);
    const std::string ready = watching_.output_with("ready ");
    command_ = std::stoi(ready.substr(ready.find("ready ") + 6));
  }

  pid_t pid() const { return pid_; }          ///< calibram's
  pid_t command() const { return command_; }  ///< the actor's
  const Watching& watching() const { return watching_; }

  /// Ends the counting through calibram. @return what the actor printed
  Outcome finish() const {
    ::kill(pid_, SIGUSR2);
    return watching_.program().wait_for(pid_);
  }

 private:
  Watching watching_;
  pid_t pid_ = 0, command_ = 0;
};

TEST(WatchSignals, WhatIsSentToCalibramReachesTheCommand) {
  const Counting counting;
  ::kill(counting.pid(), SIGUSR1);
  const Outcome outcome = counting.finish();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("1 times"));
}

TEST(WatchSignals, WhatIsSentToTheGroupArrivesOnce) {
  const Counting counting;
  ::kill(-counting.pid(), SIGUSR1);
  EXPECT_THAT(counting.finish().out, HasSubstr("1 times"));
}

TEST(WatchSignals, TerminationIsTheCommandsToHandle) {
  const Watching watching;
  const pid_t pid = watching.program().start(Watching::watch(
      {"sh", "-c", "trap 'echo ending; exit 5' TERM; echo ready; while :; do sleep 0.01; done"}));
  watching.output_with("ready");
  ::kill(pid, SIGTERM);
  const Outcome outcome = watching.program().wait_for(pid);
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.out, HasSubstr("ending"));
  EXPECT_EQ(watching.resident().outcome, "failed");
}

TEST(WatchSignals, ASignalThatEndsTheCommandEndsCalibramAfterTheRow) {
  const Counting counting;
  ::kill(counting.pid(), SIGTERM);
  EXPECT_EQ(counting.watching().program().wait_for(counting.pid()).status, 128 + SIGTERM);
  EXPECT_EQ(counting.watching().resident().outcome, "killed");
}

TEST(WatchSignals, WhenTheCommandIsStoppedSoIsCalibram) {
  const Counting counting;
  ::kill(counting.command(), SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(counting.pid(), &status, WUNTRACED), counting.pid());
  ASSERT_TRUE(WIFSTOPPED(status));
  EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
  ::kill(-counting.pid(), SIGCONT);  // what "fg" does
  EXPECT_EQ(counting.finish().status, 0);
}

TEST(WatchSignals, TheCommandFindsSignalsAsTheyWere) {
  const Watching watching;
  const Outcome outcome = watching.run({"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"});
  const auto mask_after = [&](const std::string& key) {
    return std::stoull(outcome.out.substr(outcome.out.find(key) + key.size()), nullptr, 16);
  };
  EXPECT_EQ(mask_after("SigBlk:"), 0u);
  EXPECT_EQ(mask_after("SigIgn:") >> (SIGXFSZ - 1) & 1, 0u) << "calibram ignores it for itself";
}

TEST(WatchSignals, TheCommandHasNoFilesOfOurs) {
  const std::vector<std::string> count = {"-c", "ls /proc/self/fd | wc -l"};
  const Outcome alone = Program{"/bin/sh"}.run(count);
  EXPECT_EQ(Watching{}.run({"/bin/sh", count[0], count[1]}).out, alone.out);
}

TEST(WatchSignals, TheCommandOutlivesAKilledCalibram) {
  const Counting counting;
  ::kill(counting.pid(), SIGKILL);
  EXPECT_EQ(counting.watching().program().wait_for(counting.pid()).status, 128 + SIGKILL);
  ::kill(counting.command(), SIGUSR2);
  counting.watching().output_with("0 times");
}

}  // namespace
}  // namespace calibram
