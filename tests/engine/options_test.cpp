// SPDX-License-Identifier: MIT
// The options column: pairs in any order, none twice, none half.
#include "src/engine/options.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Options, PairsComeBackSorted) {
  const Options options = parse_options("ubatch=512; attention=flash");
  EXPECT_EQ(options.at("ubatch"), "512");
  EXPECT_EQ(options_text(options), "attention=flash;ubatch=512");
  EXPECT_EQ(parse_options(options_text(options)), options);
}

TEST(Options, NoTextIsNoOptions) {
  EXPECT_THAT(parse_options(""), IsEmpty());
  EXPECT_EQ(options_text({}), "");
}

TEST(Options, AValueMayHoldAnEqualsSign) { EXPECT_EQ(parse_options("a=b=c").at("a"), "b=c"); }

TEST(Options, AMalformedPairIsNamed) {
  const auto error = [](std::string_view text) {
    return message_of<InputError>([&] { parse_options(text); });
  };
  EXPECT_EQ(error("a=1;flash"),
            "option 'flash' is malformed (options are key=value pairs joined by ';'); write it as key=value");
  EXPECT_THAT(error("a=1;"), HasSubstr("option '' is malformed"));
  EXPECT_THAT(error("=1"), HasSubstr("option '=1' is malformed"));
  EXPECT_THAT(error("a="), HasSubstr("option 'a=' is malformed"));
  EXPECT_THAT(error("a=1;b=2;a=1"), HasSubstr("option 'a' is given twice"));
}

TEST(Options, WhatWouldNotReadBackIsNotWritten) {
  EXPECT_THROW(options_text({{"a", "1;b=2"}}), InputError);
  EXPECT_THROW(options_text({{"a=b", "1"}}), InputError);
  EXPECT_THROW(options_text({{"a", ""}}), InputError);
}

TEST(Options, ChangingACopyLeavesTheOriginal) {
  const Options original = {{"a", "1"}};
  Options copy = original;
  copy["a"] = "2";
  copy.emplace("b", "3");
  EXPECT_EQ(original, (Options{{"a", "1"}}));
  EXPECT_EQ(copy, (Options{{"a", "2"}, {"b", "3"}}));
  Options emptied = original;
  emptied.clear();
  EXPECT_TRUE(emptied.empty() && original.contains("a"));
}

}  // namespace
}  // namespace calibram
