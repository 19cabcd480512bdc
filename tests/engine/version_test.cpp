// SPDX-License-Identifier: MIT
// Version numbers: reading and order.
#include "src/engine/version.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Version, ReadsOneToThreeNumbers) {
  EXPECT_EQ(parse_version("4.38.2"), (Version{4, 38, 2}));
  EXPECT_EQ(parse_version("4.38"), (Version{4, 38, 0}));
  EXPECT_EQ(parse_version("5"), (Version{5, 0, 0}));
}

TEST(Version, RefusesEverythingElse) {
  for (const char* text : {"", "4.", ".4", "4.38.2.1", "4.x", "-4.1", "4.38.2rc1", "99999999999"})
    EXPECT_FALSE(parse_version(text)) << text;
}

TEST(Version, OrdersByNumberNotByText) { EXPECT_LT((Version{4, 9, 0}), (Version{4, 38, 2})); }

}  // namespace
}  // namespace calibram
