// SPDX-License-Identifier: MIT
// Cards and answers: every line is fit_into, and the boundary lies where fitting begins.
#include "bench/calculator/cards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace calibram {
namespace {

using namespace literals;

Estimate estimate_of(Bytes total) {
  Estimate estimate;
  estimate.total = total;
  estimate.terms[Term::weights] = total;
  estimate.devices = {total};
  return estimate;
}

TEST(Cards, EveryKnownCardIsHeldAgainstTheAnswerAsOneIs) {
  const Estimate estimate = estimate_of(20_GiB);
  const std::vector<Fitting> fittings = fit_into_known_cards(estimate, Metric::allocated);
  ASSERT_EQ(fittings.size(), gpus().size());
  for (std::size_t i = 0; i < fittings.size(); ++i) {
    const Gpu& gpu = gpus()[i];
    EXPECT_EQ(fittings[i].capacity.gpu, gpu.name);
    EXPECT_EQ(fittings[i].capacity.bytes, gpu.capacity());
    EXPECT_EQ(fittings[i].headroom(), gpu.capacity() - 20_GiB - set_aside_for_context(Metric::allocated));
  }
}

TEST(Cards, OnlyWhatACardHoldsTellsWhetherItFits) {
  EXPECT_TRUE(tells_of_cards(Metric::allocated));
  EXPECT_TRUE(tells_of_cards(Metric::device));
  EXPECT_FALSE(tells_of_cards(Metric::weights)) << "the cache has to fit as well";
  EXPECT_FALSE(tells_of_cards(Metric::rss)) << "that is the host's memory";
}

TEST(Cards, SizesRiseAndTheirTightestCardComesFirst) {
  const std::vector<CardSize> sizes = card_sizes(estimate_of(20_GiB), Metric::device);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(i == 0 || sizes[i - 1].nominal_gb < sizes[i].nominal_gb);
    for (const Fitting& card : sizes[i].cards) EXPECT_GE(card.headroom(), sizes[i].least_headroom());
    ASSERT_FALSE(sizes[i].examples.empty());
    for (const std::string& name : sizes[i].examples)
      EXPECT_TRUE(std::any_of(sizes[i].cards.begin(), sizes[i].cards.end(), [&](const Fitting& card) {
        return card.capacity.gpu == name;
      })) << name;
  }
}

TEST(Cards, TheBoundaryHasTheLargestThatDoNotFitAndTheSmallestThatDo) {
  const std::vector<CardSize> all = card_sizes(estimate_of(20_GiB), Metric::device);
  const std::vector<CardSize> shown = sizes_at_the_boundary(all);
  ASSERT_EQ(shown.size(), 5u);
  EXPECT_LT(shown[1].fitting(), shown[1].cards.size());
  EXPECT_EQ(shown[2].fitting(), shown[2].cards.size());
  const auto first = std::find_if(
      all.begin(), all.end(), [&](const CardSize& size) { return size.nominal_gb == shown[0].nominal_gb; });
  for (std::size_t i = 0; i < shown.size(); ++i)
    EXPECT_EQ((first + static_cast<std::ptrdiff_t>(i))->nominal_gb, shown[i].nominal_gb) << "none left out";
}

TEST(Cards, WhereAllFitOrNoneTheBoundaryIsAnEnd) {
  const std::vector<CardSize> tiny = sizes_at_the_boundary(card_sizes(estimate_of(1_MiB), Metric::device));
  ASSERT_EQ(tiny.size(), 3u);
  EXPECT_EQ(tiny[0].fitting(), tiny[0].cards.size());
  const std::vector<CardSize> huge = sizes_at_the_boundary(card_sizes(estimate_of(9000_GiB), Metric::device));
  ASSERT_EQ(huge.size(), 2u);
  EXPECT_EQ(huge[1].fitting(), 0u);
}

}  // namespace
}  // namespace calibram
