// SPDX-License-Identifier: MIT
// Convolutions and recurrences on a card over several steps, against the host's: what goes out of each step,
// and what is remembered in the end.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};
/// A prompt, single tokens, and a few at once.
constexpr StepShape steps[] = {{2, 5, 0}, {2, 1, 5}, {2, 1, 6}, {2, 3, 7}};

double tolerance(Element element) { return element == Element::fp16 ? 1e-3 : 2e-5; }

/// The same tensor on both machines.
struct Twin {
  Tensor host, card;
};

class RecurrentOnCard : public GuardedTest {
 protected:
  Twin twin(const Tensor& host) { return {host, guarded(host)}; }
  Twin random_twin(Element element, std::int64_t rows, std::int64_t columns, double range = 1) {
    return twin(random(element, rows, columns, range));
  }
  Twin zeros(Element element, std::int64_t rows, std::int64_t columns) {
    return twin(holding(element, rows, columns, Doubles(static_cast<std::size_t>(rows * columns))));
  }
  /// For what a step writes.
  Twin outputs(Element element, std::int64_t rows, std::int64_t columns) {
    return {poisoned(element, rows, columns), guarded(element, rows, columns)};
  }
  void expect_same(const Twin& twin, double limit) { expect_on_card(twin.card, twin.host, limit); }
};

TEST_F(RecurrentOnCard, ConvolutionsAreTheHosts) {
  for (const Element element : floats)
    for (const std::int64_t kernel : {1, 2, 4, 7})
      for (const bool has_bias : {false, true}) {
        constexpr std::int64_t channels = 301;
        const Twin weight = random_twin(element, channels, kernel);
        const Twin bias = has_bias ? random_twin(element, 1, channels) : Twin{};
        // Nothing precedes the first step, but whatever is kept must be read in the order of its age.
        Twin last = random_twin(element, 2, channels * (kernel - 1));
        for (const StepShape& step : steps) {
          const Twin x = random_twin(element, step.rows(), channels, 3);
          Twin out = outputs(element, step.rows(), channels);
          ops.convolve(x.host, {weight.host, {}}, bias.host, step, last.host, out.host);
          cuda.convolve(x.card, {weight.card, {}}, bias.card, step, last.card, out.card);
          expect_same(out, tolerance(element));
          expect_bytes(last.card, last.host);
        }
      }
}

// One element and one lane's, a warp's, some for each lane, more than all lanes keep at once.
TEST_F(RecurrentOnCard, MambaIsTheHosts) {
  for (const Element element : floats)
    for (const std::int64_t n : {1, 16, 33, 130, 300}) {
      constexpr std::int64_t inner = 21;
      const Mamba mamba{.inner_size = inner, .state_size = n};
      Twin memory = zeros(Element::fp32, 2, inner * n);
      const Twin decay = random_twin(element, inner, n), skip = random_twin(element, 1, inner);
      for (const StepShape& step : steps) {
        const std::int64_t rows = step.rows();
        const Twin x = random_twin(element, rows, inner), dt = random_twin(element, rows, inner, 3);
        const Twin b = random_twin(element, rows, n), c = random_twin(element, rows, n);
        Twin out = outputs(element, rows, inner);
        ops.scan(mamba, {x.host, dt.host, b.host, c.host, decay.host, skip.host}, step, memory.host,
                 out.host);
        cuda.scan(mamba, {x.card, dt.card, b.card, c.card, decay.card, skip.card}, step, memory.card,
                  out.card);
        expect_same(out, tolerance(element));
      }
      expect_same(memory, 2e-5);
    }
}

TEST_F(RecurrentOnCard, Mamba2IsTheHosts) {
  for (const Element element : floats)
    for (const std::int64_t n : {1, 32, 100, 256, 290}) {
      const Mamba2 mamba{.heads = 6, .head_size = 5, .groups = 2, .state_size = n};
      Twin memory = zeros(Element::fp32, 2, 30 * n);
      const Twin bias = random_twin(element, 1, 6), decay = random_twin(element, 1, 6),
                 skip = random_twin(element, 1, 6);
      for (const StepShape& step : steps) {
        const Twin x = random_twin(element, step.rows(), mamba.convolved_size()),
                   dt = random_twin(element, step.rows(), 6, 3);
        Twin out = outputs(element, step.rows(), 30);
        ops.scan(mamba, {x.host, dt.host, bias.host, decay.host, skip.host}, step, memory.host, out.host);
        cuda.scan(mamba, {x.card, dt.card, bias.card, decay.card, skip.card}, step, memory.card, out.card);
        expect_same(out, tolerance(element));
      }
      expect_same(memory, 2e-5);
    }
}

// The last does not fit into shared memory.
TEST_F(RecurrentOnCard, GatedDeltaNetIsTheHosts) {
  struct Size {
    std::int64_t key, value;
  };
  for (const Element element : floats)
    for (const auto& [key_size, value_size] : {Size{1, 1}, Size{5, 7}, Size{70, 65}, Size{200, 130}}) {
      const GatedDeltaNet net{
          .key_heads = 2, .value_heads = 6, .key_size = key_size, .value_size = value_size};
      Twin memory = zeros(Element::fp32, 2, 6 * key_size * value_size);
      const Twin bias = random_twin(element, 1, 6), decay = random_twin(element, 1, 6);
      for (const StepShape& step : steps) {
        const Twin x = random_twin(element, step.rows(), net.convolved_size());
        const Twin writes = random_twin(element, step.rows(), 6, 3),
                   dt = random_twin(element, step.rows(), 6, 3);
        Twin out = outputs(element, step.rows(), 6 * value_size);
        ops.scan(net, {x.host, writes.host, dt.host, bias.host, decay.host}, step, memory.host, out.host);
        cuda.scan(net, {x.card, writes.card, dt.card, bias.card, decay.card}, step, memory.card, out.card);
        expect_same(out, tolerance(element));
      }
      expect_same(memory, 2e-5);
    }
}

/// Keys and queries of zeros have no direction; the epsilon keeps them zeros.
TEST_F(RecurrentOnCard, KeysAndQueriesOfZerosGiveZeros) {
  const GatedDeltaNet net{.key_heads = 1, .value_heads = 1, .key_size = 3, .value_size = 2};
  const StepShape step{1, 1, 0};
  const Twin x = twin(holding(Element::fp32, 1, 8, {0, 0, 0, 0, 0, 0, 1, 2}));
  const Twin number = random_twin(Element::fp32, 1, 1);
  Twin memory = zeros(Element::fp32, 1, 6), out = outputs(Element::fp32, 1, 2);
  cuda.scan(net, {x.card, number.card, number.card, number.card, number.card}, step, memory.card, out.card);
  EXPECT_EQ(read(back(out.card)), (Doubles{0, 0}));
  EXPECT_EQ(read(back(memory.card)), Doubles(6, 0.0));
}

TEST_F(RecurrentOnCard, LargeTimeStepsDoNotOverflow) {
  const auto number = [&](double value) { return guarded(holding(Element::fp32, 1, 1, {value})); };
  Tensor memory = zeros(Element::fp32, 1, 1).card, out = guarded(Element::fp32, 1, 1);
  cuda.scan(Mamba{.inner_size = 1, .state_size = 1},
            {number(2), number(500), number(1), number(1), number(-2), number(0)}, {1, 1, 0}, memory, out);
  EXPECT_FLOAT_EQ(static_cast<float>(read(back(out)).front()), 1000);
}

TEST_F(RecurrentOnCard, OtherShapesAreRefused) {
  Tensor x = guarded(Element::fp16, 6, 8), out = guarded(Element::fp16, 6, 8);
  Tensor last = guarded(Element::fp16, 2, 24), memory = guarded(Element::fp32, 2, 7);
  EXPECT_THROW(cuda.convolve(x, {guarded(Element::fp16, 8, 4), {}}, {}, {3, 2, 0}, last, out), InputError);
  const Tensor one = guarded(Element::fp16, 6, 1), skip = guarded(Element::fp16, 1, 8);
  EXPECT_THROW(cuda.scan(Mamba{.inner_size = 8, .state_size = 1}, {x, x, one, one, skip, skip}, {2, 3, 0},
                         memory, out),
               InputError);
}

}  // namespace
}  // namespace calibram
