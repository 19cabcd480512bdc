// SPDX-License-Identifier: MIT
// Printed numbers become bytes with a resolution, or nothing.
#include "bench/import/quantity.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Quantity, ARoundedNumberIsKnownToHalfItsLastDigit) {
  // The row of vllm_0_19_h100.csv for 12.56 GiB of weights.
  EXPECT_EQ(parse_quantity("12.56", "GiB"), (Quantity{13486197309, 5368709}));
  EXPECT_EQ(parse_quantity("2.8797", "GiB")->resolution, 53687);
}

TEST(Quantity, ACutOffNumberIsKnownToAllOfItsLastDigit) {
  EXPECT_EQ(parse_quantity("5673", "MiB", Printed::cut_off), (Quantity{5948571648, 1 << 20}));
}

TEST(Quantity, WholeBytesAndTokensAreExact) {
  EXPECT_EQ(parse_quantity("476,032", "tokens"), (Quantity{476032, 0}));
  EXPECT_EQ(parse_quantity("512", "B", Printed::cut_off), (Quantity{512, 0}));
}

TEST(Quantity, WhatIsNoNumberOrDoesNotFitIsNothing) {
  for (const char* text : {"", "-", "1.2.3", "nan", "1e400", "99999999999999999999", "0x10"})
    EXPECT_EQ(parse_quantity(text, "GiB"), std::nullopt) << text;
  EXPECT_EQ(parse_quantity("1", "parsecs"), std::nullopt);
}

TEST(Quantity, NumbersAgreeWithinTheirDigits) {
  EXPECT_TRUE(agree(*parse_quantity("14.99", "GiB"), *parse_quantity("14.9889", "GiB")));
  EXPECT_FALSE(agree(*parse_quantity("14.99", "GiB"), *parse_quantity("14.97", "GiB")));
}

}  // namespace
}  // namespace calibram
