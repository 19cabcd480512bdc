// SPDX-License-Identifier: MIT
// Numbers: the whole text or nothing.
#include "src/core/number.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Number, IntegersUseTheWholeText) {
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_integer("9223372036854775807"), highest_integer);
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "1e3", "0x10", "1,000", "--1", "9223372036854775808"})
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
}

TEST(Number, NumbersAreFinite) {
  EXPECT_EQ(parse_number("0.95"), 0.95);
  EXPECT_EQ(parse_number("-1e-5"), -1e-5);
  for (const char* text : {"", "nan", "inf", "-inf", "1e999", "0,95", "1.5 ", "0x1p3"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(Number, TheErrorStatesTheValueAndTheRule) {
  const auto error = [](std::string_view text, std::int64_t lowest, std::int64_t highest) {
    return message_of<InputError>([&] { require_integer("batch", text, lowest, highest); });
  };
  EXPECT_EQ(error("n/a", 1, highest_integer), "batch is 'n/a' (must be an integer, 1 or more)");
  EXPECT_EQ(error("65", 1, 64), "batch is '65' (must be an integer from 1 to 64)");
  EXPECT_EQ(error("", lowest_integer, highest_integer), "batch is empty (must be an integer)");
  EXPECT_EQ(message_of<InputError>([] { require_number("tolerance", "-1", 0.0); }),
            "tolerance is '-1' (must be a number, 0 or more)");
}

TEST(Number, RangesIncludeTheirEnds) {
  EXPECT_EQ(require_integer("x", "1", 1, 64), 1);
  EXPECT_EQ(require_integer("x", "64", 1, 64), 64);
  EXPECT_EQ(require_number("x", "0.5", 0.5, 1.0), 0.5);
}

}  // namespace
}  // namespace calibram
