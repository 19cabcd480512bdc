// SPDX-License-Identifier: MIT
// Cutting lists into words.
#include "src/core/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Words, AreWhatStandsBetweenSeparators) {
  EXPECT_THAT(split("model.layers.12", '.'), ElementsAre("model", "layers", "12"));
  EXPECT_THAT(split("alone", ','), ElementsAre("alone"));
}

TEST(Words, OfAnEmptyTextAreNone) { EXPECT_THAT(split("", ' '), IsEmpty()); }

TEST(Words, MayBeEmptyAtEitherEndAndBetween) {
  EXPECT_THAT(split(";a;;b;", ';'), ElementsAre("", "a", "", "b", ""));
  EXPECT_THAT(split(";", ';'), ElementsAre("", ""));
}

}  // namespace
}  // namespace calibram
