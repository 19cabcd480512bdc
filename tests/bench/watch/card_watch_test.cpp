// SPDX-License-Identifier: MIT
// A tree's memory on cards, by a driver that is none. Its processes are 4711 (600 MiB) and 4712 (400 MiB).
#include "bench/watch/card_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<CardPeak> peaks_of(const char* scene, const std::vector<pid_t>& tree) {
  ::setenv("FAKE_NVML", scene, 1);
  CardWatch cards{Nvml{CALIBRAM_FAKE_NVML}};
  cards.look(tree);
  cards.look({});  // they have ended
  return cards.peaks(20);
}

TEST(CardWatch, TheProcessesOfTheTreeAddUpAndOthersDoNot) {
  const auto both = peaks_of("one_card", {4711, 4712});
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].peak, 1000_MiB);
  EXPECT_EQ(both[0].name, "NVIDIA H200");
  EXPECT_EQ(both[0].counter, "NVML running processes of the command, polled every 20 ms");
  EXPECT_EQ(peaks_of("one_card", {1, 4712})[0].peak, 400_MiB);
}

TEST(CardWatch, AMarkOfTheDriverIsBetterThanPolling) {
  const auto peaks = peaks_of("accounting", {4711});
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_EQ(peaks[0].peak, 700_MiB);
  EXPECT_THAT(peaks[0].counter, HasSubstr("accounting"));
}

TEST(CardWatch, MarksOfSeveralProcessesAreNotAdded) {
  EXPECT_EQ(peaks_of("accounting", {4711, 4712})[0].peak, 1000_MiB);
}

TEST(CardWatch, ACardThatNobodyOfTheTreeUsedAndThatDidNotGrowHasNoPeak) {
  EXPECT_THAT(peaks_of("one_card", {1, 2}), IsEmpty());
  EXPECT_EQ(peaks_of("two_cards", {4711}).size(), 1u);
}

TEST(CardWatch, WithoutADriverThereAreNoCards) {
  ::setenv("FAKE_NVML", "not_loaded", 1);
  const CardWatch cards{Nvml{CALIBRAM_FAKE_NVML}};
  EXPECT_FALSE(cards.has_cards());
  EXPECT_THAT(cards.peaks(20), IsEmpty());
}

TEST(CardWatch, ADriverThatHidesProcessesLeavesTheGrowthOfTheWholeCard) {
  ::setenv("FAKE_NVML", "growing_card", 1);
  CardWatch cards{Nvml{CALIBRAM_FAKE_NVML}};
  cards.look({4711});
  const auto peaks = cards.peaks(20);
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_EQ(peaks[0].peak, 256_MiB);
  EXPECT_EQ(peaks[0].counter, "NVML used of the whole card above its start, polled every 20 ms");
}

}  // namespace
}  // namespace calibram
