// SPDX-License-Identifier: MIT
// The search for the largest number against looking at all of them.
#include "bench/calculator/inverse/largest.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <stdexcept>

namespace calibram {
namespace {

LargestSearch search_of(std::int64_t limit, Holds holds) {
  return {limit, [holds] { return holds; }};
}

std::int64_t by_looking_at_all(const LargestSearch& search) {
  const Holds holds = search.make_holds();
  for (std::int64_t n = 1; n <= search.limit; ++n)
    if (!holds(n)) return n - 1;
  return search.limit;
}

TEST(LargestHolding, IsWhatLookingAtAllNumbersFinds) {
  std::mt19937 random{7};
  for (int round = 0; round < 400; ++round) {
    const std::int64_t limit = std::uniform_int_distribution{1, 3000}(random);
    std::set<std::int64_t> failures;
    for (int i = std::uniform_int_distribution{0, 3}(random); i > 0; --i)
      failures.insert(std::uniform_int_distribution<std::int64_t>{1, limit}(random));
    LargestSearch search = search_of(limit, [&](std::int64_t n) { return !failures.contains(n); });
    EXPECT_EQ(largest_holding(search, 2), by_looking_at_all(search));
    // A proof that reaches some way, or as far as there is something to prove.
    const std::int64_t reach =
        std::uniform_int_distribution<std::int64_t>{0, by_looking_at_all(search)}(random);
    search.is_proved_up_to = [&](std::int64_t n) { return n <= reach; };
    EXPECT_EQ(largest_holding(search, 2), by_looking_at_all(search));
  }
}

TEST(LargestHolding, ASpikeBelowThatNoBisectionMeetsCounts) {
  EXPECT_EQ(largest_holding(search_of(100'000, [](std::int64_t n) { return n != 40'001 && n < 90'000; })),
            40'000);
}

TEST(LargestHolding, ADipAboveDoesNotCount) {
  EXPECT_EQ(largest_holding(search_of(100'000, [](std::int64_t n) { return n < 1000 || n > 4000; })), 999);
}

TEST(LargestHolding, ProofSparesTheQuestionsBelow) {
  int asked = 0;
  LargestSearch search = search_of(1 << 20, [&](std::int64_t n) { return ++asked, n <= 123'456; });
  search.monotone_from = 1;
  EXPECT_EQ(largest_holding(search), 123'456);
  EXPECT_LT(asked, 50);
}

TEST(LargestHolding, WhereItIsMonotoneFromSomeNumberOnOnlyThoseBelowAreAsked) {
  int asked = 0;
  LargestSearch search = search_of(1 << 20, [&](std::int64_t n) { return ++asked, n <= 123'456; });
  search.monotone_from = 300;
  EXPECT_EQ(largest_holding(search), 123'456);
  EXPECT_LT(asked, 50 + 300);
  search.make_holds = [] { return [](std::int64_t n) { return n != 77 && n <= 123'456; }; };
  EXPECT_EQ(largest_holding(search), 76);
}

TEST(LargestHolding, ProofOfWhatLiesBelowLeavesTheRestToAsk) {
  int asked = 0;
  LargestSearch search = search_of(1 << 20, [&](std::int64_t n) { return ++asked, n <= 123'456; });
  search.is_proved_up_to = [](std::int64_t n) { return n <= 123'000; };
  EXPECT_EQ(largest_holding(search), 123'456);
  EXPECT_LT(asked, 50 + 456);
}

TEST(LargestHolding, TheEndsAreZeroAndTheLimit) {
  EXPECT_EQ(largest_holding(search_of(10, [](std::int64_t) { return false; })), 0);
  EXPECT_EQ(largest_holding(search_of(10, [](std::int64_t) { return true; })), 10);
  EXPECT_EQ(largest_holding(search_of(0, [](std::int64_t) { return true; })), 0);
}

TEST(LargestHolding, NothingBeyondTheLimitIsAsked) {
  const LargestSearch search =
      search_of(100, [](std::int64_t n) { return n > 100 ? throw std::out_of_range{""} : true; });
  EXPECT_EQ(largest_holding(search), 100);
}

}  // namespace
}  // namespace calibram
