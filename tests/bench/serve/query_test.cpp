// SPDX-License-Identifier: MIT
// Queries of URLs: decoded, and refused where they are none.
#include "bench/serve/query.hpp"
#include "src/core/error.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Query, IsDecoded) {
  EXPECT_THAT(parse_query(""), IsEmpty());
  EXPECT_THAT(parse_query("b=1&a=x%20y+z%26"), ElementsAre(Pair("b", "1"), Pair("a", "x y z&")));
  EXPECT_THAT(parse_query("flag&empty=&equals=a=b"),
              ElementsAre(Pair("flag", ""), Pair("empty", ""), Pair("equals", "a=b")));
  EXPECT_THAT(parse_query("%E6%A8%A1=%e5"), ElementsAre(Pair("\xE6\xA8\xA1", "\xE5")));
}

TEST(Query, ANameMayBeThereSeveralTimes) {
  EXPECT_THAT(parse_query("gpu=4090&model=x&gpu=H100&gpu=4090"),
              ElementsAre(Pair("gpu", "4090"), Pair("model", "x"), Pair("gpu", "H100"), Pair("gpu", "4090")));
}

TEST(Query, WhatIsNoneIsRefused) {
  for (const char* query : {"a=%", "a=%2", "a=%2g", "a=%-1", "a=% 1", "=1", "a=1&&b=2", "&"})
    EXPECT_THROW(parse_query(query), InputError) << query;
}

}  // namespace
}  // namespace calibram
