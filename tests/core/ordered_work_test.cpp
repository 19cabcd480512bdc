// SPDX-License-Identifier: MIT
// Ordered work: the same results and the same failure for any number of threads.
#include "src/core/ordered_work.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace calibram {
namespace {

/// Squares the numbers below `count`; those of `failing` fail, and the source fails at `source_fails`.
struct Squares {
  int count = 1000;
  std::vector<int> failing{};
  int source_fails = -1, taking_fails = -1;
  std::vector<int> taken{};
  std::string failure{};
  int most_under_way = 0;

  void run(unsigned threads) {
    int number = 0;
    OrderedWork<int, int> work;
    work.next = [&]() -> std::optional<int> {
      most_under_way = std::max(most_under_way, number - static_cast<int>(taken.size()));
      if (number == source_fails) throw std::runtime_error{"source"};
      return number < count ? std::optional{number++} : std::nullopt;
    };
    work.make = [&](int n) {
      if (n % 7 == 0) std::this_thread::yield();
      for (const int fails : failing)
        if (n == fails) throw std::runtime_error{std::to_string(n)};
      return n * n;
    };
    work.take = [&](int square) {
      if (static_cast<int>(taken.size()) == taking_fails) throw std::runtime_error{"full"};
      taken.push_back(square);
    };
    try {
      work.run(threads);
    } catch (const std::runtime_error& error) {
      failure = error.what();
    }
  }
};

TEST(OrderedWork, ResultsComeInTheOrderOfTheItems) {
  for (const unsigned threads : {1U, 2U, 8U}) {
    Squares squares;
    squares.run(threads);
    ASSERT_EQ(squares.taken.size(), 1000u) << threads;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(squares.taken[static_cast<std::size_t>(i)], i * i);
    EXPECT_EQ(squares.failure, "");
  }
}

TEST(OrderedWork, TheFirstFailureCountsAndAllBeforeItIsTaken) {
  for (const unsigned threads : {1U, 2U, 8U}) {
    Squares squares{.failing = {700, 300, 301, 302}};
    squares.run(threads);
    EXPECT_EQ(squares.failure, "300") << threads;
    EXPECT_EQ(squares.taken.size(), 300u) << threads;
  }
}

TEST(OrderedWork, ASourceThatFailsDoesSoAfterWhatItGave) {
  for (const unsigned threads : {1U, 2U, 8U}) {
    Squares late{.source_fails = 40};
    late.run(threads);
    EXPECT_EQ(late.failure, "source");
    EXPECT_EQ(late.taken.size(), 40u);
    Squares early{.failing = {39}, .source_fails = 40};
    early.run(threads);
    EXPECT_EQ(early.failure, "39") << "an item before it failed";
  }
}

TEST(OrderedWork, WhatTheTakerThrowsEndsTheWork) {
  Squares squares{.taking_fails = 5};
  squares.run(4);
  EXPECT_EQ(squares.failure, "full");
  EXPECT_EQ(squares.taken.size(), 5u);
}

TEST(OrderedWork, FewItemsAreUnderWayAtOnce) {
  Squares squares;
  squares.run(4);
  EXPECT_LE(squares.most_under_way, 8);
}

TEST(OrderedWork, NothingToDoIsDoneAtOnce) {
  Squares squares{.count = 0};
  squares.run(4);
  EXPECT_TRUE(squares.taken.empty());
}

}  // namespace
}  // namespace calibram
