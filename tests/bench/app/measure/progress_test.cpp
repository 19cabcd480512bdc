// SPDX-License-Identifier: MIT
// The progress line: by work, not by points, and never wider than the terminal.
#include "bench/app/measure/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST(ProgressLine, TheBarAndTheTimeFollowTheWork) {
  const SweepProgress quarter{42, 102, 25, 100, "probe-gqa fp16/fp16 1 x 1000"};
  EXPECT_EQ(progress_line(quarter, seconds{30}, 120),
            "[######------------------] 42/102  1:30 left  probe-gqa fp16/fp16 1 x 1000");
}

TEST(ProgressLine, NothingIsForeseenBeforeAnythingIsDone) {
  EXPECT_THAT(progress_line({0, 5, 0, 100, ""}, seconds{3}, 80), Not(HasSubstr("left")));
  EXPECT_THAT(progress_line({0, 0, 0, 0, ""}, seconds{3}, 80), HasSubstr("0/0"));
}

TEST(ProgressLine, ItFitsTheTerminalWithAColumnToSpare) {
  const SweepProgress progress{1, 2, 1, 2, std::string(500, 'x')};
  for (int width : {0, 1, 2, 20, 80})
    EXPECT_LE(progress_line(progress, seconds{1}, width).size(), std::max(1, width - 1));
}

TEST(ProgressLine, RoundingDoesNotOverfillTheBar) {
  EXPECT_THAT(progress_line({3, 3, 100.0000001, 100, ""}, seconds{1}, 80),
              HasSubstr("[########################] 3/3  0:00 left"));
}

}  // namespace
}  // namespace calibram
