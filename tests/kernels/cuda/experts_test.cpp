// SPDX-License-Identifier: MIT
// Mixtures of experts on a card, against the host's: routes, rows brought together, products of their rows.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

#include <cmath>

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};

class ExpertsOnCard : public GuardedTest {
 protected:
  Routes routes_on_host(const Tensor& scores, const Tensor& bias, std::int64_t active) {
    Routes routes{poisoned(Element::int32, scores.rows, active),
                  poisoned(Element::fp32, scores.rows, active)};
    ops.route(scores, bias, routes);
    return routes;
  }

  Routes on_card(const Routes& host) { return {guarded(host.places), guarded(host.shares), host.starts}; }
  using GuardedTest::on_card;

  /// The same starts and places, and nearly the same shares.
  void expect_same_routes(const Tensor& scores, const Tensor& bias, std::int64_t active) {
    const Routes expected = routes_on_host(scores, bias, active);
    Routes routes{guarded(Element::int32, scores.rows, active), guarded(Element::fp32, scores.rows, active)};
    cuda.route(guarded(scores), guarded(bias), routes);
    EXPECT_EQ(routes.starts, expected.starts);
    EXPECT_EQ(read(back(routes.places)), read(expected.places));
    expect_on_card(routes.shares, expected.shares, 1e-5);
  }

  /// Of `rows` rows, each to the experts that chance sends it to.
  Routes random_routes(std::int64_t rows, std::int64_t experts, std::int64_t active) {
    return routes_on_host(random(Element::fp32, rows, experts), {}, active);
  }
};

struct Size {
  std::int64_t rows, experts, active;
};
// One expert, fewer than a warp's lanes, as many, more; all of them active; more rows than the grid has
// warps.
constexpr Size sizes[] = {{1, 1, 1}, {5, 7, 2}, {3, 32, 4}, {70, 65, 6}, {2, 200, 8}, {4, 5, 5}};

TEST_F(ExpertsOnCard, RoutesAreTheHosts) {
  for (const Element element : floats)
    for (const auto& [rows, experts, active] : sizes) {
      expect_same_routes(random(element, rows, experts, 4), {}, active);
      for (const Element of_bias : floats)
        expect_same_routes(random(element, rows, experts, 4), random(of_bias, 1, experts, 4), active);
    }
}

TEST_F(ExpertsOnCard, OfEqualScoresTheEarlierExpertIsTaken) {
  for (const auto& [rows, experts, active] : sizes) {
    Tensor scores = random(Element::fp16, rows, experts, 2);
    Doubles few = read(scores);
    for (double& score : few) score = std::round(score);
    write(scores, few);
    expect_same_routes(scores, {}, active);
  }
}

TEST_F(ExpertsOnCard, AllRowsMayGoToOneExpert) {
  Doubles bias(9, 0.0);
  bias[6] = 100;
  const Tensor scores = random(Element::fp16, 40, 9);
  const Tensor favour = holding(Element::fp16, 1, 9, bias);
  Routes routes{guarded(Element::int32, 40, 1), guarded(Element::fp32, 40, 1)};
  cuda.route(guarded(scores), guarded(favour), routes);
  EXPECT_EQ(routes.starts, (std::vector<std::int64_t>{0, 0, 0, 0, 0, 0, 0, 40, 40, 40}));
  expect_same_routes(scores, favour, 1);
  expect_same_routes(scores, favour, 3);
}

TEST_F(ExpertsOnCard, WhatIsNoNumberIsTakenLast) {
  const double nan = std::nan(""), low = -INFINITY, high = INFINITY;
  expect_same_routes(holding(Element::fp32, 4, 3, {nan, 1, -5, nan, nan, nan, low, nan, low, high, 0, high}),
                     {}, 2);
  expect_same_routes(holding(Element::fp16, 50, 40, Doubles(2000, nan)), {}, 7);
  expect_same_routes(random(Element::fp32, 3, 40), holding(Element::fp32, 1, 40, Doubles(40, nan)), 4);
}

TEST_F(ExpertsOnCard, NoRowsGoNowhere) {
  Routes routes{guarded(Element::int32, 0, 2), guarded(Element::fp32, 0, 2)};
  cuda.route(guarded(Element::fp16, 0, 3), {}, routes);
  EXPECT_EQ(routes.starts, std::vector<std::int64_t>(4));
}

TEST_F(ExpertsOnCard, RowsAreBroughtTogetherAndCombinedAsOnTheHost) {
  for (const Element element : floats)
    for (const auto& [rows, experts, active] : sizes)
      for (const std::int64_t columns : {1, 33, 600}) {
        const Routes routes = random_routes(rows, experts, active), of_card = on_card(routes);
        const Tensor x = random(element, rows, columns);
        Tensor gathered = poisoned(element, rows * active, columns);
        Tensor out = guarded(element, rows * active, columns);
        ops.gather_rows(x, routes, gathered);
        cuda.gather_rows(guarded(x), of_card, out);
        expect_bytes(out, gathered);
        const Tensor each = random(element, rows * active, columns);
        Tensor expected = poisoned(element, rows, columns), combined = guarded(element, rows, columns);
        ops.combine_experts(each, routes, expected);
        cuda.combine_experts(guarded(each), of_card, combined);
        expect_on_card(combined, expected);
      }
}

TEST_F(ExpertsOnCard, OtherShapesAreRefused) {
  Routes routes{guarded(Element::int32, 2, 4), guarded(Element::fp32, 2, 4)};
  EXPECT_THROW(cuda.route(guarded(Element::fp16, 2, 3), {}, routes), InputError);
  Tensor x = guarded(Element::fp16, 2, 5), out = guarded(Element::fp16, 7, 5);
  EXPECT_THROW(cuda.gather_rows(x, routes, out), InputError);
  EXPECT_THROW(cuda.combine_experts(out, routes, x), InputError);
}

/// Products of each expert with its rows: parts of tensors, which begin anywhere.
class ProductsOfExperts : public ExpertsOnCard {
 protected:
  static constexpr std::int64_t experts = 7, active = 3;

  /// Calls f(rows, index) for every expert that has rows.
  template <typename Function>
  static void for_each_expert(const Routes& routes, const Function& f) {
    int without_rows = 0;
    for (std::int64_t i = 0; i < experts; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const IndexRange rows{routes.starts[at], routes.starts[at + 1] - routes.starts[at]};
      rows.count > 0 ? f(rows, i) : static_cast<void>(++without_rows);
    }
    EXPECT_GT(without_rows, 0);
  }
  /// Routes that leave expert 2 without rows.
  Routes routes_past_one(std::int64_t rows) {
    Doubles bias(experts, 0.0);
    bias[2] = -100;
    return routes_on_host(random(Element::fp32, rows, experts), holding(Element::fp32, 1, experts, bias),
                          active);
  }

  static void multiply(Ops& machine, const Tensor& x, const Weight& weight, const Tensor& bias,
                       std::int64_t outputs, const Routes& routes, const Tensor& out) {
    for_each_expert(routes, [&](IndexRange rows, std::int64_t i) {
      Tensor to = out.row_range(rows);
      machine.matmul(x.row_range(rows), weight.output_range({i * outputs, outputs}), bias.row_range({i, 1}),
                     to);
    });
  }

  static void multiply_int8(Ops& machine, const Tensor& x, const Weight& weight, const Tensor& bias,
                            std::int64_t outputs, const Routes& routes, const Tensor& sums,
                            const Tensor& scales, const Tensor& out) {
    for_each_expert(routes, [&](IndexRange rows, std::int64_t i) {
      const Weight part = weight.output_range({i * outputs, outputs});
      Tensor some_sums = sums.row_range(rows), to = out.row_range(rows);
      machine.matmul_int8(x.row_range(rows), part, some_sums);
      machine.dequantise(some_sums, scales.row_range(rows), part, bias.row_range({i, 1}), to);
    });
  }
};

TEST_F(ProductsOfExperts, AreTheHostsWhereverTheirRowsBegin) {
  for (const Element element : floats)
    for (const auto& [outputs, depth] : {std::pair{5, 33}, {33, 5}, {1, 1}, {8, 16}}) {
      const Routes routes = routes_past_one(11);
      const Tensor x = random(element, 11 * active, depth), bias = random(element, experts, outputs);
      const Weight weight{random(element, experts * outputs, depth), {}};
      const Tensor expected = poisoned(element, x.rows, outputs), out = guarded(element, x.rows, outputs);
      multiply(ops, x, weight, bias, outputs, routes, expected);
      multiply(cuda, guarded(x), guarded(weight), guarded(bias), outputs, routes, out);
      expect_on_card(out, expected);
    }
}

TEST_F(ProductsOfExperts, AreTheHostsInIntegersToo) {
  for (const Element element : floats)
    for (const auto& [outputs, depth] : {std::pair{5, 33}, {8, 16}, {12, 80}, {36, 20}}) {
      const Routes routes = routes_past_one(11);
      const std::int64_t rows = 11 * active, padded = round_up(depth, 16);
      const Tensor x = random(element, rows, depth), bias = random(element, experts, outputs);
      Weight weight = random_int8_weight(experts * outputs, padded);
      weight.scales = weight.scales.reshaped(weight.values.rows);  // one a row, as in a pass
      Tensor values = poisoned(Element::int8, rows, padded), scales = poisoned(Element::fp32, rows, 1);
      ops.quantise(x, values, scales);
      const Tensor sums = poisoned(Element::int32, rows, outputs),
                   expected = poisoned(element, rows, outputs);
      multiply_int8(ops, values, weight, bias, outputs, routes, sums, scales, expected);
      const Tensor of_card = guarded(Element::int32, rows, outputs), out = guarded(element, rows, outputs);
      multiply_int8(cuda, guarded(values), guarded(weight), guarded(bias), outputs, routes, of_card,
                    guarded(scales), out);
      EXPECT_EQ(read(back(of_card)), read(sums));
      expect_on_card(out, expected);
    }
}

}  // namespace
}  // namespace calibram
