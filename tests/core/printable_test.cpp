// SPDX-License-Identifier: MIT
// User text in messages: no control characters, no floods, no half characters.
#include "src/core/printable.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Printable, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7f"), "a?[31mb??");
  EXPECT_EQ(in_quotes("±"), "'±'");
}

TEST(Printable, LongTextIsCutAtACharacter) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("a±±", 2), "a...");
}

}  // namespace
}  // namespace calibram
