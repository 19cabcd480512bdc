// SPDX-License-Identifier: MIT
// Streamed attention on a card, against the host's.
#include "kernels/checks.hpp"
#include "src/core/error.hpp"
#include "tests/kernels/cuda/attention_on_card.hpp"

#include <initializer_list>
#include <random>
#include <string>

namespace calibram {
namespace {

constexpr Element half = Element::fp16, full = Element::fp32, int8 = Element::int8;

class AttendOnCard : public ListedAttentionOnCard {};

TEST_P(AttendOnCard, IsTheHosts) {
  expect_attend_is_the_hosts(random_queries(), random_cache(), random_sinks());
}

AttentionCase with_sinks(AttentionCase c, Element element = half) {
  c.sinks = element;
  return c;
}
AttentionCase in_chunks(AttentionCase c, std::int64_t chunk) {
  c.chunk = chunk;
  return c;
}
AttentionCase with_values_of(std::int64_t size, AttentionCase c) {
  c.value_size = size;
  return c;
}
AttentionCase latent(std::int64_t value_size, AttentionCase c) {
  c.value_size = value_size;
  c.latent = true;
  return c;
}

// At least 32 rows (tokens x heads per KV head) of FP16, in tiles of 64 rows and 64, 32 or 16 keys.
INSTANTIATE_TEST_SUITE_P(TensorCores, AttendOnCard,
                         testing::Values(AttentionCase{1, 1, 16, {1, 64, 0}},
                                         AttentionCase{4, 4, 64, {1, 65, 0}, half, half, full, 16, 20},
                                         AttentionCase{6, 2, 32, {3, 17, 0}, int8, half, half, 0, 7},
                                         AttentionCase{6, 2, 80, {1, 17, 33}, half, half, half, 8, 9},
                                         AttentionCase{5, 1, 96, {3, 7, 5}, int8, half, half, 8, 1},
                                         AttentionCase{6, 2, 128, {1, 65, 131}, half, half, half, 0, 40},
                                         AttentionCase{4, 4, 128, {1, 130, 0}, int8, half, full, 16},
                                         AttentionCase{1, 1, 256, {3, 64, 3}, half, half, half, 0, 70},
                                         AttentionCase{6, 2, 256, {1, 17, 21}, int8, half, half, 8, 3},
                                         AttentionCase{6, 2, 160, {1, 17, 1}, half, half, half, 0, 3}));
INSTANTIATE_TEST_SUITE_P(TensorCoresInAWindow, AttendOnCard,
                         testing::Values(AttentionCase{4, 4, 64, {1, 130, 9}, half, half, half, 0, 3, 33},
                                         AttentionCase{6, 2, 128, {3, 17, 77}, int8, half, half, 8, 3, 50},
                                         AttentionCase{1, 1, 32, {1, 130, 0}, half, half, half, 0, 0, 1},
                                         AttentionCase{5, 1, 64, {1, 65, 301}, half, half, half, 16, 0, 64},
                                         AttentionCase{1, 1, 256, {1, 65, 21}, half, half, half, 0, 9, 5}));

// Few rows, FP32, and sizes that tensor cores do not take.
INSTANTIATE_TEST_SUITE_P(Decode, AttendOnCard,
                         testing::Values(AttentionCase{1, 1, 16, {1, 1, 0}},
                                         AttentionCase{4, 4, 64, {3, 1, 130}, half, half, half, 16, 20},
                                         AttentionCase{6, 2, 128, {1, 1, 67}, int8, half, half, 0, 3},
                                         AttentionCase{5, 1, 96, {3, 2, 31}, half, half, full, 8},
                                         AttentionCase{1, 1, 256, {1, 7, 40}, half, half, half, 0, 1},
                                         AttentionCase{6, 2, 80, {3, 1, 64}, full, full, full, 8, 9},
                                         AttentionCase{1, 1, 512, {3, 1, 20}, half, half, half, 0, 5},
                                         AttentionCase{4, 4, 32, {1, 1, 99}, half, half, half, 0, 1, 33}));
INSTANTIATE_TEST_SUITE_P(SeveralSplits, AttendOnCard,
                         testing::Values(AttentionCase{6, 2, 128, {1, 1, 700}, half, half, half, 0, 9},
                                         AttentionCase{5, 1, 80, {1, 2, 1299}, int8, half, half, 16, 30},
                                         AttentionCase{1, 1, 512, {1, 1, 600}, full, half, half, 0, 1},
                                         AttentionCase{4, 4, 10, {3, 7, 777}, full, full, half, 8, 1},
                                         AttentionCase{6, 2, 96, {1, 1, 999}, half, full, full, 0, 1, 600},
                                         AttentionCase{9, 1, 256, {1, 1, 530}, half, half, half}));
INSTANTIATE_TEST_SUITE_P(OddPrefill, AttendOnCard,
                         testing::Values(AttentionCase{1, 1, 10, {1, 17, 5}, half, half, half, 0, 2},
                                         AttentionCase{6, 2, 10, {1, 130, 0}, int8, half, half, 8, 9},
                                         AttentionCase{5, 1, 17, {3, 7, 1}, half, half, half, 0, 4, 6},
                                         AttentionCase{2, 1, 1, {1, 7, 3}, full, full, full},
                                         AttentionCase{4, 4, 64, {1, 65, 3}, full, half, half, 16},
                                         AttentionCase{6, 2, 64, {1, 64, 0}, half, full, full, 0, 2},
                                         AttentionCase{1, 1, 272, {1, 34, 0}, half, half, half, 0, 2}));

// In both kernels, and with the keys split: a sink counts once.
INSTANTIATE_TEST_SUITE_P(Sinks, AttendOnCard,
                         testing::Values(with_sinks({4, 2, 64, {1, 65, 3}, half, half, half, 0, 2}),
                                         with_sinks({6, 2, 80, {3, 17, 9}, int8, half, half, 8, 9}, full),
                                         with_sinks({1, 1, 256, {1, 70, 0}, half, half, full}),
                                         with_sinks({8, 1, 64, {3, 65, 50}, half, half, half, 0, 3, 33}),
                                         with_sinks({6, 2, 64, {3, 1, 130}, half, half, half, 16, 20}),
                                         with_sinks({5, 1, 10, {1, 7, 33}, full, full, full}, full),
                                         with_sinks({8, 1, 64, {1, 1, 2300}, half, half, half, 0, 3}),
                                         with_sinks({6, 2, 64, {3, 3, 1100}, int8, half, half, 8, 0, 900},
                                                    full)));

// A query of the first position of a chunk sees itself alone. Steps that begin within a chunk, and span
// several.
INSTANTIATE_TEST_SUITE_P(
    Chunks, AttendOnCard,
    testing::Values(in_chunks({4, 4, 64, {1, 130, 9}, half, half, half, 0, 3}, 32),
                    in_chunks({6, 2, 128, {3, 17, 77}, int8, half, half, 8, 3}, 50),
                    in_chunks({1, 1, 256, {1, 65, 21}, half, half, half, 0, 9}, 7),
                    in_chunks({1, 1, 32, {1, 66, 0}, half, half, half, 0, 0}, 1),
                    in_chunks({6, 2, 80, {3, 1, 64}, full, full, full, 8, 9}, 16),
                    in_chunks({5, 1, 96, {3, 2, 31}, half, half, full, 8}, 32),
                    in_chunks({4, 2, 64, {1, 1, 2500}, half, half, half, 0, 1}, 1024),
                    with_sinks(in_chunks({4, 2, 64, {1, 1, 1400}, half, half, half, 0, 1, 600}, 1000))));

INSTANTIATE_TEST_SUITE_P(
    ValuesOfAnotherSize, AttendOnCard,
    testing::Values(with_values_of(128, {4, 4, 192, {1, 65, 3}, half, half, half, 0, 2}),
                    with_values_of(64, {6, 2, 48, {1, 40, 3}, int8, half, half, 8, 3}),
                    with_values_of(3, {5, 1, 17, {3, 7, 1}, half, half, full, 0, 4}),
                    with_values_of(17, {2, 2, 4, {1, 7, 30}, full, full, full, 8}),
                    with_values_of(512, {1, 1, 16, {1, 2, 20}, half, half, half, 0, 1}),
                    with_values_of(128, {6, 2, 192, {3, 1, 700}, half, half, half, 0, 5}),
                    with_sinks(with_values_of(192, {4, 2, 128, {1, 2, 1000}, int8, half, half, 16}))));

// DeepSeek's latent keys have 576 elements, of which 512 are the values; the largest have 1024.
INSTANTIATE_TEST_SUITE_P(
    Latent, AttendOnCard,
    testing::Values(latent(512, {16, 1, 576, {1, 1, 90}, half, half, half, 0, 2}),
                    latent(512, {16, 1, 576, {2, 1, 700}, int8, half, half, 16, 9}),
                    latent(512, {4, 1, 576, {1, 33, 5}, half, half, full, 8, 1}),
                    latent(512, {4, 1, 576, {1, 9, 5}, full, full, full, 0, 1}),
                    latent(512, {3, 1, 1024, {1, 2, 40}, half, half, half, 0, 1}),
                    latent(32, {6, 2, 48, {3, 20, 3}, half, half, half, 0, 5}),
                    latent(64, {6, 2, 64, {1, 20, 3}, half, half, half, 0, 5}),
                    latent(13, {4, 2, 21, {3, 2, 30}, int8, full, half, 8, 5}),
                    latent(14, {4, 1, 24, {1, 3, 600}, half, full, half, 0, 5}),
                    with_sinks(latent(512, {4, 1, 640, {1, 1, 600}, full, half, half, 8, 5}))));

// One head gives everything to its sink, the other one nothing.
class SinksOnCard : public ListedAttentionOnCard {};

TEST_P(SinksOnCard, TakeAllOrNothingAtTheEndsOfTheRange) {
  expect_attend_is_the_hosts(random_queries(), random_cache(), holding(half, 1, 2, {65504, -65504}));
}

INSTANTIATE_TEST_SUITE_P(Kernels, SinksOnCard,
                         testing::Values(AttentionCase{2, 1, 64, {1, 40, 20}},
                                         AttentionCase{2, 2, 64, {1, 3, 20}},
                                         AttentionCase{2, 1, 16, {1, 1, 1200}}));

class DrawnAttendOnCard : public AttentionOnCard {
 protected:
  DrawnAttendOnCard() { RecordProperty("shape seed", std::to_string(seed_)); }

  AttentionCase draw(std::initializer_list<std::int64_t> head_sizes) {
    const std::int64_t kv_heads = one_of({1, 2, 4}), window = one_of({0, 0, 1, 9, 64, 130}),
                       chunk = one_of({0, 0, 0, 5, 64, 300});
    AttentionCase drawn{kv_heads * one_of({1, 3, 5}), kv_heads, one_of(head_sizes)};
    drawn.step = {one_of({1, 3}), one_of({1, 2, 7, 17, 64, 65, 130}), one_of({0, 0, 1, 31, 129, 515})};
    for (Element* element : {&drawn.cache, &drawn.queries, &drawn.out})
      *element = one_of({0, 1, 2}) == 0 ? full : half;
    if (one_of({0, 1}) == 0) drawn.cache = int8;
    drawn.block_tokens = one_of({0, 8, 16});
    drawn.spare = one_of({0, 1, 40});
    if (window > 0) drawn.window = window;
    if (chunk > 0) drawn.chunk = chunk;
    if (one_of({0, 1}) == 0) drawn.sinks = one_of({0, 1}) == 0 ? full : half;
    if (one_of({0, 1, 2}) > 0 && drawn.head_size <= largest_value_size) return drawn;
    drawn.value_size = std::max<std::int64_t>(drawn.head_size * one_of({1, 2, 3}) / 4, 1);
    drawn.latent = one_of({0, 1}) == 0;
    return drawn;
  }

  void expect_the_hosts(int cases, std::initializer_list<std::int64_t> head_sizes) {
    for (int i = 0; i < cases; ++i) {
      c = draw(head_sizes);
      SCOPED_TRACE("shape seed " + std::to_string(seed_) + ": " + testing::PrintToString(c));
      expect_attend_is_the_hosts(random_queries(), random_cache(), random_sinks());
    }
  }

 private:
  std::int64_t one_of(std::initializer_list<std::int64_t> choices) {
    return choices.begin()[std::uniform_int_distribution<std::size_t>{0, choices.size() - 1}(generator_)];
  }

  std::uint32_t seed_ = std::random_device{}();
  std::mt19937 generator_{seed_};
};

TEST_F(DrawnAttendOnCard, IsTheHostsForSmallHeads) { expect_the_hosts(20, {10, 16, 32, 64}); }
TEST_F(DrawnAttendOnCard, IsTheHostsForLargeHeads) { expect_the_hosts(12, {80, 96, 128}); }
TEST_F(DrawnAttendOnCard, IsTheHostsForTheLargestHeads) { expect_the_hosts(6, {160, 256, 300, 512, 576}); }

class AttendOnCardWithASlope : public ListedAttentionOnCard {
 protected:
  /// Scores are `slope` times the position, for every query.
  void expect_the_hosts(double slope) {
    const KvCache cache = random_cache();
    const auto columns = static_cast<std::size_t>(cache.keys.columns);
    Doubles keys = read(cache.keys);
    for (std::size_t i = 0; i < keys.size(); ++i)
      keys[i] = slope * static_cast<double>(i / columns) / std::sqrt(static_cast<double>(c.head_size));
    write(cache.keys, keys);
    const Tensor queries = poisoned(c.queries, c.step.rows(), c.heads * c.head_size);
    write(queries, Doubles(static_cast<std::size_t>(queries.rows * queries.columns), 1));
    expect_attend_is_the_hosts(queries, cache, random_sinks());
  }
};

// Every tile brings a greater maximum, by which all that was summed before must shrink.
TEST_P(AttendOnCardWithASlope, IsTheHostsWhereScoresRise) { expect_the_hosts(0.3); }
TEST_P(AttendOnCardWithASlope, IsTheHostsWhereScoresRiseSlowly) { expect_the_hosts(0.02); }
TEST_P(AttendOnCardWithASlope, IsTheHostsWhereScoresFall) { expect_the_hosts(-0.3); }

INSTANTIATE_TEST_SUITE_P(
    Kernels, AttendOnCardWithASlope,
    testing::Values(AttentionCase{2, 1, 64, {1, 65, 200}}, AttentionCase{2, 1, 80, {1, 33, 100}},
                    AttentionCase{1, 1, 256, {1, 65, 0}}, AttentionCase{2, 1, 128, {1, 1, 600}},
                    with_sinks({2, 1, 64, {1, 65, 200}}), with_sinks({2, 1, 128, {1, 1, 600}})));

class RefusalsOnCard : public ListedAttentionOnCard {};

TEST_P(RefusalsOnCard, NameTheOperation) {
  const KvCache cache = on_card(random_cache());
  Tensor queries = on_card(random_queries()), out = poisoned_on_card(c.out, queries.rows, queries.columns);
  Attention attention = c.attention();
  attention.heads = 3;
  EXPECT_THROW(cuda.attend(attention, queries, cache, {}, c.step, out), InputError);
  StepShape late = c.step;
  late.start = cache.capacity;
  EXPECT_THROW(cuda.attend(c.attention(), queries, cache, {}, late, out), InputError);
  const Tensor few_sinks = on_card(holding(half, 1, 3, {0, 0, 0}));
  EXPECT_THROW(cuda.attend(c.attention(), queries, cache, few_sinks, c.step, out), InputError);
}

INSTANTIATE_TEST_SUITE_P(Attend, RefusalsOnCard, testing::Values(AttentionCase{4, 2, 16, {1, 3, 0}}));

}  // namespace
}  // namespace calibram
