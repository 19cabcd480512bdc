// SPDX-License-Identifier: MIT
// Who takes which row in a mixture of experts, and what comes back, against plain loops.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace calibram {
namespace {

class ExpertsTest : public HostTest {
 protected:
  Routes routes_of(const Tensor& scores, const Tensor& bias, std::int64_t active) {
    Routes routes{poisoned(Element::int32, scores.rows, active),
                  poisoned(Element::fp32, scores.rows, active)};
    ops.route(scores, bias, routes);
    return routes;
  }
};

/// Which expert's rows a place is among.
std::int64_t expert_at(const Routes& routes, double place) {
  const auto after =
      std::upper_bound(routes.starts.begin(), routes.starts.end(), static_cast<std::int64_t>(place));
  return after - routes.starts.begin() - 1;
}

TEST_F(ExpertsTest, RowsGoToTheExpertsOfTheirLargestScores) {
  constexpr std::size_t experts = 13, active = 4, rows = 50;
  const Tensor scores = random(Element::fp32, rows, experts, 3), bias = random(Element::fp16, 1, experts, 3);
  const Routes routes = routes_of(scores, bias, active);
  const Doubles values = read(scores), shifts = read(bias), places = read(routes.places),
                shares = read(routes.shares);
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::size_t> order(experts);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto score = [&](std::size_t e) { return values[row * experts + e] + shifts[e]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score(a) > score(b); });
    double sum = 0;
    for (std::size_t j = 0; j < active; ++j) sum += std::exp(score(order[j]));
    for (std::size_t j = 0; j < active; ++j) {
      EXPECT_EQ(expert_at(routes, places[row * active + j]), static_cast<std::int64_t>(order[j]));
      EXPECT_NEAR(shares[row * active + j], std::exp(score(order[j])) / sum, 1e-5);
    }
  }
}

TEST_F(ExpertsTest, EveryRowHasAPlaceOfItsOwn) {
  for (const std::int64_t active : {1, 3, 7}) {
    const Routes routes = routes_of(random(Element::fp16, 31, 7), {}, active);
    Doubles places = read(routes.places);
    std::sort(places.begin(), places.end());
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(places[i], static_cast<double>(i));
    EXPECT_EQ(routes.starts.size(), 8U);
    EXPECT_EQ(routes.starts.front(), 0);
    EXPECT_EQ(routes.starts.back(), 31 * active);
    EXPECT_TRUE(std::is_sorted(routes.starts.begin(), routes.starts.end()));
  }
}

TEST_F(ExpertsTest, OfEqualScoresTheEarlierExpertIsTaken) {
  const Routes routes = routes_of(holding(Element::fp16, 1, 5, {1, 2, 2, 2, 1}), {}, 2);
  EXPECT_EQ(routes.starts, (std::vector<std::int64_t>{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(read(routes.shares), (Doubles{0.5, 0.5}));
}

TEST_F(ExpertsTest, NotANumberIsTakenLast) {
  const Routes routes = routes_of(holding(Element::fp32, 2, 3, {NAN, 1, -5, NAN, NAN, NAN}), {}, 2);
  EXPECT_EQ(routes.starts, (std::vector<std::int64_t>{0, 1, 3, 4}));
  for (const double share : read(routes.shares)) EXPECT_TRUE(std::isfinite(share));
}

TEST_F(ExpertsTest, WhatIsGatheredComesBackWeighed) {
  for (const Element element : {Element::fp32, Element::fp16}) {
    const Tensor x = random(element, 20, 5001);
    const Routes routes = routes_of(random(Element::fp16, 20, 6), {}, 3);
    Tensor gathered = poisoned(element, 60, 5001), out = poisoned(element, 20, 5001);
    ops.gather_rows(x, routes, gathered);
    const Doubles from = read(x), rows = read(gathered), places = read(routes.places);
    for (std::ptrdiff_t i = 0; i < 60; ++i) {
      const auto row = from.begin() + i / 3 * 5001;
      const auto place = static_cast<std::ptrdiff_t>(places[static_cast<std::size_t>(i)]);
      ASSERT_TRUE(std::equal(row, row + 5001, rows.begin() + place * 5001));
    }
    // Each expert gives its own multiple of the row.
    Doubles each = rows, expected(from.size());
    for (std::size_t i = 0; i < each.size(); ++i) each[i] *= static_cast<double>(i / 5001 % 4);
    const Doubles shares = read(routes.shares);
    for (std::size_t i = 0; i < expected.size(); ++i)
      for (std::size_t j = i / 5001 * 3; j < i / 5001 * 3 + 3; ++j)
        expected[i] += shares[j] * from[i] * static_cast<double>(static_cast<std::int64_t>(places[j]) % 4);
    write(gathered, each);
    ops.combine_experts(gathered, routes, out);
    expect_close(out, expected);
  }
}

TEST_F(ExpertsTest, MoreExpertsThanThereAreAreRefused) {
  Routes routes{poisoned(Element::int32, 2, 4), poisoned(Element::fp32, 2, 4)};
  EXPECT_THROW(ops.route(random(Element::fp16, 2, 3), {}, routes), InputError);
  EXPECT_THROW(ops.route(random(Element::fp16, 3, 8), {}, routes), InputError);
  EXPECT_THROW(ops.route(random(Element::fp16, 2, 8), random(Element::fp16, 1, 7), routes), InputError);
}

}  // namespace
}  // namespace calibram
