// SPDX-License-Identifier: MIT
// An error tells its parts, one by one and in one line, whichever copy of it is asked.
#include "src/core/error.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Error, PartsThatAreEmptyLeaveNoTrace) {
  EXPECT_STREQ((Error{"a disk is full", "", ""}.what()), "a disk is full");
  EXPECT_STREQ((Error{"a disk is full", "0 bytes", ""}.what()), "a disk is full (0 bytes)");
  EXPECT_STREQ((Error{"a disk is full", "", "free some"}.what()), "a disk is full; free some");
}

TEST(Error, ACopyTellsTheSameParts) {
  // What the parts hold is what joins them in the line: they are not found again by reading it.
  const InputError error{"invalid \"a (b); c\"", "not; (here)", "write (d); or e"};
  const Error copy = error;
  EXPECT_EQ(copy.problem(), "invalid \"a (b); c\"");
  EXPECT_EQ(copy.reason(), "not; (here)");
  EXPECT_EQ(copy.remedy(), "write (d); or e");
  EXPECT_STREQ(copy.what(), error.what());
}

}  // namespace
}  // namespace calibram
