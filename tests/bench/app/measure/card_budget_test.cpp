// SPDX-License-Identifier: MIT
// What a sweep may take of a card.
#include "bench/app/measure/target.hpp"
#include "src/core/error.hpp"
#include "tests/support/cards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;

Card h200() {
  Card card;
  card.description = h200_description();
  card.nvml_absence = "no NVML";
  return card;
}

TEST(CardBudget, TheDefaultLeavesTheLargerOfAGibibyteAndAShare) {
  EXPECT_EQ(default_card_budget(100_GiB), 95_GiB);
  EXPECT_EQ(default_card_budget(10_GiB), 9_GiB);
  EXPECT_EQ(default_card_budget(1_GiB), 0_B);
  EXPECT_EQ(default_card_budget(500_MiB), 0_B) << "never negative";
}

TEST(CardBudget, AFlagIsTakenAsItIsUpToWhatIsFree) {
  EXPECT_EQ(card_budget("", 100_GiB, h200()), 95_GiB);
  EXPECT_EQ(card_budget("99GiB", 100_GiB, h200()), 99_GiB);
  EXPECT_EQ(card_budget("100GiB", 100_GiB, h200()), 100_GiB);
  EXPECT_EQ(
      message_of<InputError>([] { card_budget("101GiB", 100_GiB, h200()); }),
      "--budget 101.00 GiB is more than NVIDIA H200 has free (100.00 GiB of 139.80 GiB); lower it, or end "
      "what uses the card");
}

TEST(CardBudget, WithoutKnowingWhatIsFreeItMustBeSaid) {
  EXPECT_EQ(
      message_of<InputError>([] { card_budget("", {}, h200()); }),
      "cannot tell how much memory is free on NVIDIA H200 (no NVML); say with --budget what the sweep may "
      "take");
  EXPECT_EQ(card_budget("139GiB", {}, h200()), 139_GiB);
  EXPECT_THROW(card_budget("140GiB", {}, h200()), InputError) << "more than it has";
}

}  // namespace
}  // namespace calibram
