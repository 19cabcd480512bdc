// SPDX-License-Identifier: MIT
// Bounds on what the processes of a tree held together.
#include "bench/watch/process_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calibram {
namespace {

using namespace literals;

constexpr pid_t launcher = 1;
constexpr Nanoseconds second = 1'000'000'000;

ProcessTree tree() { return {launcher, 1_MiB}; }

/// One that begins, becomes its program at once, and ends.
void add(ProcessTree& tree, pid_t parent, pid_t pid, Nanoseconds begin, Nanoseconds end, Bytes mark) {
  tree.forked(parent, pid, begin);
  tree.execed(pid, begin + 1);
  tree.mark(pid, mark);
  tree.ended(pid, end);
}

TEST(ProcessTree, OfOneProcessBothBoundsAreItsMark) {
  ProcessTree one = tree();
  add(one, launcher, 2, 0, second, 100_MiB);
  const auto [lower, upper] = one.bounds(100_MiB);
  EXPECT_EQ(lower, 100_MiB);
  EXPECT_EQ(upper, 100_MiB);
}

TEST(ProcessTree, WhatLivesAtOnceAddsUp) {
  ProcessTree two = tree();
  add(two, launcher, 2, 0, 3 * second, 100_MiB);
  add(two, 2, 3, second, 2 * second, 300_MiB);
  const auto [lower, upper] = two.bounds(300_MiB);
  EXPECT_EQ(lower, 300_MiB);
  EXPECT_EQ(upper, 400_MiB);
}

TEST(ProcessTree, EveryReadingOfASumMayBeTooHighByTheSlack) {
  const std::vector<Bytes> readings = {100_MiB, 200_MiB, 50_MiB};
  EXPECT_EQ(held_at_least(readings, 1_MiB), 347_MiB);
}

TEST(ProcessTree, NoProcessHoldsLessThanNothing) {
  const std::vector<Bytes> readings = {100_MiB, 1_MiB};
  EXPECT_EQ(held_at_least(readings, 10_MiB), 90_MiB);
}

TEST(ProcessTree, WhatLivesInTurnDoesNotAddUp) {
  ProcessTree three = tree();
  add(three, launcher, 2, 0, 9 * second, 10_MiB);
  add(three, 2, 3, second, 2 * second, 300_MiB);
  add(three, 2, 4, 3 * second, 4 * second, 200_MiB);
  EXPECT_EQ(three.bounds(300_MiB).upper, 310_MiB);
}

TEST(ProcessTree, AForkedCopyCountsUntilItEnds) {
  ProcessTree workers = tree();
  add(workers, launcher, 2, 0, 9 * second, 100_MiB);
  workers.forked(2, 3, second);
  workers.mark(3, 90_MiB);
  workers.ended(3, 2 * second);
  EXPECT_EQ(workers.bounds(100_MiB).upper, 190_MiB);
}

TEST(ProcessTree, ACopyThatIsReplacedAtOnceCountsAsMuchAsItsParentCanHaveHad) {
  ProcessTree shell = tree();
  add(shell, launcher, 2, 0, 9 * second, 100_MiB);
  add(shell, 2, 3, second, 2 * second, 5_MiB);  // before exec it may have had the parent's 100 MiB
  EXPECT_EQ(shell.bounds(100_MiB).upper, 200_MiB);
}

TEST(ProcessTree, WhatExecReplacesIsBoundedByTheHighestMarkKnown) {
  ProcessTree chain = tree();
  chain.forked(launcher, 2, 0);
  chain.execed(2, 1);
  chain.execed(2, 5 * second);
  chain.mark(2, 10_MiB);
  chain.ended(2, 6 * second);
  const auto [lower, upper] = chain.bounds(200_MiB);  // ru_maxrss knows of all images
  EXPECT_EQ(lower, 200_MiB);
  EXPECT_EQ(upper, 200_MiB);
}

TEST(ProcessTree, ALookBeforeExecNarrowsWhatItReplaced) {
  const auto upper_bound = [](bool has_looked) {
    ProcessTree script = tree();
    script.forked(launcher, 2, 0);
    script.execed(2, 1);
    add(script, 2, 3, second, 4 * second, 5_MiB);
    if (has_looked) script.mark_so_far(2, 4_MiB, 5 * second - 1'000'000);
    script.execed(2, 5 * second);  // the script becomes the engine
    script.mark(2, 1_GiB);
    script.ended(2, 9 * second);
    return script.bounds(1_GiB).upper;
  };
  EXPECT_GT(upper_bound(false), 1_GiB) << "the script may have had as much while its child lived";
  EXPECT_EQ(upper_bound(true), 1_GiB);
}

TEST(ProcessTree, AProcessWithoutAMarkMayHaveHadAsMuchAsTheLargest) {
  ProcessTree lost = tree();
  add(lost, launcher, 2, 0, 9 * second, 100_MiB);
  lost.forked(2, 3, second);
  lost.ended(3, 2 * second);
  EXPECT_EQ(lost.bounds(100_MiB).upper, 200_MiB);
}

TEST(ProcessTree, OtherProcessesAreNotItsOwn) {
  ProcessTree quiet = tree();
  add(quiet, launcher, 2, 0, second, 100_MiB);
  add(quiet, 77, 78, 0, second, 900_MiB);
  quiet.mark(79, 900_MiB);
  EXPECT_EQ(quiet.size(), 1u);
  EXPECT_EQ(quiet.bounds(100_MiB).upper, 100_MiB);
}

TEST(ProcessTree, ANumberThatIsUsedAgainIsAnotherProcess) {
  ProcessTree reused = tree();
  add(reused, launcher, 2, 0, 9 * second, 10_MiB);
  add(reused, 2, 3, second, 2 * second, 300_MiB);
  add(reused, 2, 3, 3 * second, 4 * second, 50_MiB);
  EXPECT_EQ(reused.bounds(300_MiB).upper, 310_MiB);
  reused.forked(77, 3, 5 * second);  // now of somebody else
  reused.mark(3, 900_MiB);
  EXPECT_EQ(reused.bounds(300_MiB).upper, 310_MiB);
}

TEST(ProcessTree, AThreadMayOutliveTheFirstThread) {
  ProcessTree threads = tree();
  add(threads, launcher, 2, 0, 9 * second, 10_MiB);
  add(threads, 2, 3, second, 2 * second, 300_MiB);
  threads.thread_ended(3, 5 * second);
  add(threads, 2, 4, 4 * second, 6 * second, 100_MiB);
  EXPECT_EQ(threads.bounds(300_MiB).upper, 410_MiB);
}

TEST(ProcessTree, TheLivingAreKnown) {
  ProcessTree some = tree();
  some.forked(launcher, 2, 0);
  some.forked(2, 3, 1);
  some.forked(2, 4, 2);
  some.thread_ended(2, 3);
  some.ended(3, 4);
  EXPECT_THAT(some.alive(), testing::UnorderedElementsAre(2, 4));
}

}  // namespace
}  // namespace calibram
