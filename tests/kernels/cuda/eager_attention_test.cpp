// SPDX-License-Identifier: MIT
// Scores, softmax and weighted sums on a card, against the host's.
#include "tests/kernels/cuda/attention_on_card.hpp"

namespace calibram {
namespace {

constexpr Element half = Element::fp16, full = Element::fp32, int8 = Element::int8;
constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

class EagerOnCard : public ListedAttentionOnCard {
 protected:
  /// The difference of two infinities is no number: hidden scores must be hidden in both, and count as 0.
  void expect_scores(const Tensor& card, const Tensor& expected) {
    Doubles actual = read(back(card)), wanted = read(expected);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(actual[i] == minus_infinity, wanted[i] == minus_infinity) << "element " << i;
      if (wanted[i] == minus_infinity) actual[i] = wanted[i] = 0;
    }
    expect_close(actual, wanted);
  }
};

TEST_P(EagerOnCard, ScoresAreTheHosts) {
  const Tensor queries = random_queries();
  const KvCache cache = random_cache();
  Tensor expected = poisoned(c.out, score_rows(), c.step.length());
  ops.score(c.attention(), queries, cache, c.step, expected);
  Tensor scores = poisoned_on_card(c.out, expected.rows, expected.columns);
  cuda.score(c.attention(), on_card(queries), on_card(cache), c.step, scores);
  expect_scores(scores, expected);
}

TEST_P(EagerOnCard, MixesAreTheHosts) {
  const Tensor probabilities = random(c.queries, score_rows(), c.step.length());
  const KvCache cache = random_cache();
  Tensor expected = poisoned(c.out, c.step.rows(), out_columns());
  ops.mix(c.attention(), probabilities, cache, c.step, expected);
  Tensor out = poisoned_on_card(c.out, expected.rows, expected.columns);
  cuda.mix(c.attention(), on_card(probabilities), on_card(cache), c.step, out);
  expect_on_card(out, expected);
}

TEST_P(EagerOnCard, ThreeStepsAreStreamedAttention) {
  const Tensor queries = on_card(random_queries());
  const KvCache cache = on_card(random_cache());
  const Tensor sinks = on_card(random_sinks());
  Tensor scores = poisoned_on_card(full, score_rows(), c.step.length());
  Tensor probabilities = poisoned_on_card(full, scores.rows, scores.columns);
  Tensor eager = poisoned_on_card(full, c.step.rows(), out_columns());
  Tensor streamed = poisoned_on_card(full, eager.rows, eager.columns);
  cuda.score(c.attention(), queries, cache, c.step, scores);
  cuda.softmax(scores, sinks, c.step, probabilities);
  cuda.mix(c.attention(), probabilities, cache, c.step, eager);
  cuda.attend(c.attention(), queries, cache, sinks, c.step, streamed);
  expect_on_card(streamed, back(eager));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EagerOnCard,
    testing::Values(AttentionCase{1, 1, 16, {1, 1, 0}},
                    AttentionCase{4, 4, 64, {3, 2, 130}, half, half, half, 0, 20},
                    AttentionCase{6, 2, 80, {1, 65, 33}, half, half, full, 16, 9},
                    AttentionCase{5, 1, 96, {3, 7, 5}, int8, half, half, 8, 1},
                    AttentionCase{6, 2, 128, {1, 17, 131}, full, full, full, 0, 40},
                    AttentionCase{1, 1, 256, {1, 64, 0}, int8, full, half, 0, 3},
                    AttentionCase{2, 1, 10, {1, 130, 0}, half, half, half, 0, 5},
                    AttentionCase{1, 1, 17, {3, 7, 70}, full, half, half, 8, 5},
                    AttentionCase{4, 2, 32, {1, 65, 9}, half, half, half, 0, 3, 33},
                    AttentionCase{4, 2, 32, {2, 70, 9}, half, half, half, 0, 3, {}, 30},
                    AttentionCase{2, 2, 24, {1, 3, 9}, full, full, full, 8, 3, {}, {}, 40},
                    AttentionCase{6, 2, 96, {2, 3, 70}, int8, half, half, 8, 3, {}, {}, 64},
                    AttentionCase{4, 1, 576, {1, 2, 70}, half, half, half, 0, 3, {}, {}, 512, true},
                    AttentionCase{4, 2, 72, {2, 3, 9}, int8, half, full, 8, 1, {}, {}, 64, true},
                    AttentionCase{6, 2, 64, {3, 5, 9}, half, half, half, 0, 3, 12, {}, 0, false, full}));

class SoftmaxOnCard : public CudaTest, public testing::WithParamInterface<std::tuple<Element, Element>> {};

TEST_P(SoftmaxOnCard, IsTheHosts) {
  const auto [from, to] = GetParam();
  for (const std::int64_t columns : {1, 31, 256, 3000})
    for (const double range : {1.0, 30.0}) {
      const Tensor x = random(from, 5, columns, range);
      Tensor expected = poisoned(to, 5, columns), out = poisoned_on_card(to, 5, columns);
      ops.softmax(x, {}, {}, expected);
      cuda.softmax(on_card(x), {}, {}, out);
      expect_on_card(out, expected);
    }
}

TEST_P(SoftmaxOnCard, GivesNothingToWhatIsHidden) {
  const auto [from, to] = GetParam();
  const Tensor x = random(from, 3, 700, 4);
  Doubles values = read(x);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i % 700 < 300 || i % 700 > 310) values[i] = minus_infinity;
  write(x, values);
  Tensor expected = poisoned(to, 3, 700), out = poisoned_on_card(to, 3, 700);
  ops.softmax(x, {}, {}, expected);
  cuda.softmax(on_card(x), {}, {}, out);
  expect_on_card(out, expected);
}

// Two sequences, three heads of a sink each, five tokens.
TEST_P(SoftmaxOnCard, SinksTakeFromTheRowsOfTheirHeads) {
  const auto [from, to] = GetParam();
  const StepShape step{2, 5, 4};
  for (const Element element : {half, full}) {
    const Tensor x = random(from, 30, 700, 4), sinks = holding(element, 1, 3, {5, 7.5, 9});
    Tensor expected = poisoned(to, 30, 700), out = poisoned_on_card(to, 30, 700);
    ops.softmax(x, sinks, step, expected);
    cuda.softmax(on_card(x), on_card(sinks), step, out);
    expect_on_card(out, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, SoftmaxOnCard,
                         testing::Combine(testing::Values(half, full), testing::Values(half, full)));

}  // namespace
}  // namespace calibram
