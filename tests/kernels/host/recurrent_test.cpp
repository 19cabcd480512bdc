// SPDX-License-Identifier: MIT
// Convolution and recurrences over several steps, against plain loops over whole sequences.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cmath>
#include <functional>

namespace calibram {
namespace {

constexpr std::int64_t batch = 2, length = 9;
/// The tokens of each step: a prompt, single tokens, and one longer than what is remembered.
constexpr std::int64_t steps_taken[] = {3, 1, 1, 4};

double softplus(double x) { return std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

class RecurrentTest : public HostTest {
 protected:
  /// Rows of all sequences, whole: [batch * length, columns].
  Tensor sequences(std::int64_t columns, double range = 1) {
    return random(Element::fp16, batch * length, columns, range);
  }
  /// The rows of a step: [batch * tokens, columns].
  Tensor part(const Tensor& whole, StepShape step) {
    const Doubles values = read(whole);
    Doubles some;
    for (std::int64_t s = 0; s < batch; ++s) {
      const auto first = values.begin() + (s * length + step.start) * whole.columns;
      some.insert(some.end(), first, first + step.tokens * whole.columns);
    }
    return holding(whole.element, step.rows(), whole.columns, some);
  }
  /// Runs all steps, and puts what they give together again.
  Doubles run(std::int64_t columns, const std::function<void(StepShape, Tensor&)>& compute) {
    Doubles all(static_cast<std::size_t>(batch * length * columns));
    std::int64_t start = 0;
    for (const std::int64_t tokens : steps_taken) {
      const StepShape step{batch, tokens, start};
      Tensor out = poisoned(Element::fp16, step.rows(), columns);
      compute(step, out);
      const Doubles values = read(out);
      for (std::int64_t s = 0; s < batch; ++s)
        std::copy_n(values.begin() + s * tokens * columns, tokens * columns,
                    all.begin() + (s * length + start) * columns);
      start += tokens;
    }
    return all;
  }
  Tensor zeros(Element element, std::int64_t rows, std::int64_t columns) {
    return holding(element, rows, columns, Doubles(static_cast<std::size_t>(rows * columns)));
  }
};

double element(const Doubles& matrix, std::int64_t columns, std::int64_t row, std::int64_t column) {
  return matrix[static_cast<std::size_t>(row * columns + column)];
}

TEST_F(RecurrentTest, ConvolutionsRememberTheirLastInputs) {
  for (const std::int64_t kernel : {1, 2, 4, 7})
    for (const bool has_bias : {false, true}) {
      const std::int64_t channels = 4099;
      const Tensor x = sequences(channels), bias = has_bias ? random(Element::fp16, 1, channels) : Tensor{};
      const Weight weight{random(Element::fp16, channels, kernel), {}, channels, kernel};
      Tensor last = zeros(Element::fp16, batch, channels * (kernel - 1));
      const Doubles actual = run(channels, [&](StepShape step, Tensor& out) {
        ops.convolve(part(x, step), weight, bias, step, last, out);
      });
      const Doubles input = read(x), w = read(weight.values), shift = read(bias);
      Doubles expected;
      for (std::int64_t row = 0; row < batch * length; ++row)
        for (std::int64_t c = 0; c < channels; ++c) {
          double sum = has_bias ? shift[static_cast<std::size_t>(c)] : 0;
          for (std::int64_t k = 0; k < kernel; ++k) {
            const std::int64_t back = kernel - 1 - k;
            if (row % length >= back)
              sum += element(w, kernel, c, k) * element(input, channels, row - back, c);
          }
          expected.push_back(sum * sigmoid(sum));
        }
      expect_close(actual, expected);
    }
}

TEST_F(RecurrentTest, MambaIsItsRecurrence) {
  const Mamba mamba{.inner_size = 37, .state_size = 5};
  const Tensor x = sequences(37), steps = sequences(37, 3), b = sequences(5), c = sequences(5);
  MambaInputs inputs;
  inputs.decay = random(Element::fp16, 37, 5);
  inputs.skip = random(Element::fp16, 1, 37);
  Tensor memory = zeros(Element::fp32, batch, 37 * 5);
  const Doubles actual = run(37, [&](StepShape step, Tensor& out) {
    inputs.x = part(x, step);
    inputs.steps = part(steps, step);
    inputs.to_state = part(b, step);
    inputs.to_output = part(c, step);
    ops.scan(mamba, inputs, step, memory, out);
  });
  const Doubles xs = read(x), dts = read(steps), bs = read(b), cs = read(c), a = read(inputs.decay),
                d = read(inputs.skip);
  Doubles expected, states;
  for (std::int64_t row = 0; row < batch * length; ++row) {
    if (row % length == 0) states.assign(37 * 5, 0);
    for (std::int64_t i = 0; i < 37; ++i) {
      const double input = element(xs, 37, row, i), dt = softplus(element(dts, 37, row, i));
      double y = element(d, 37, 0, i) * input;
      for (std::int64_t n = 0; n < 5; ++n) {
        double& h = states[static_cast<std::size_t>(i * 5 + n)];
        h = std::exp(-std::exp(element(a, 5, i, n)) * dt) * h + dt * element(bs, 5, row, n) * input;
        y += element(cs, 5, row, n) * h;
      }
      expected.push_back(y);
    }
  }
  expect_close(actual, expected);
}

TEST_F(RecurrentTest, Mamba2IsItsRecurrence) {
  const Mamba2 mamba{.heads = 6, .head_size = 7, .groups = 2, .state_size = 5};
  const std::int64_t width = mamba.convolved_size();
  const Tensor x = sequences(width), steps = sequences(6, 3);
  Mamba2Inputs inputs;
  inputs.step_bias = random(Element::fp16, 1, 6);
  inputs.decay = random(Element::fp16, 1, 6);
  inputs.skip = random(Element::fp16, 1, 6);
  Tensor memory = zeros(Element::fp32, batch, 6 * 7 * 5);
  const Doubles actual = run(42, [&](StepShape step, Tensor& out) {
    inputs.convolved = part(x, step);
    inputs.steps = part(steps, step);
    ops.scan(mamba, inputs, step, memory, out);
  });
  const Doubles xs = read(x), dts = read(steps), shift = read(inputs.step_bias), a = read(inputs.decay),
                d = read(inputs.skip);
  Doubles expected, states;
  for (std::int64_t row = 0; row < batch * length; ++row) {
    if (row % length == 0) states.assign(6 * 7 * 5, 0);
    for (std::int64_t i = 0; i < 42; ++i) {
      const std::int64_t head = i / 7, group = head / 3;
      const double input = element(xs, width, row, i);
      const double dt = softplus(element(dts, 6, row, head) + element(shift, 6, 0, head));
      double y = element(d, 6, 0, head) * input;
      for (std::int64_t n = 0; n < 5; ++n) {
        double& h = states[static_cast<std::size_t>(i * 5 + n)];
        h = std::exp(-std::exp(element(a, 6, 0, head)) * dt) * h +
            dt * element(xs, width, row, 42 + group * 5 + n) * input;
        y += element(xs, width, row, 52 + group * 5 + n) * h;
      }
      expected.push_back(y);
    }
  }
  expect_close(actual, expected);
}

/// A row's elements from `first` on, brought to length 1.
Doubles unit(const Doubles& matrix, std::int64_t columns, std::int64_t row, std::int64_t first,
             std::int64_t count) {
  Doubles out;
  double squares = 1e-6;
  for (std::int64_t i = 0; i < count; ++i) {
    out.push_back(element(matrix, columns, row, first + i));
    squares += out.back() * out.back();
  }
  for (double& value : out) value /= std::sqrt(squares);
  return out;
}

TEST_F(RecurrentTest, GatedDeltaNetWritesTheDifference) {
  const GatedDeltaNet net{.key_heads = 2, .value_heads = 6, .key_size = 5, .value_size = 7};
  const std::int64_t width = net.convolved_size();
  const Tensor x = sequences(width), writes = sequences(6, 3), steps = sequences(6, 3);
  DeltaInputs inputs;
  inputs.step_bias = random(Element::fp16, 1, 6);
  inputs.decay = random(Element::fp16, 1, 6);
  Tensor memory = zeros(Element::fp32, batch, 6 * 5 * 7);
  const Doubles actual = run(42, [&](StepShape step, Tensor& out) {
    inputs.convolved = part(x, step);
    inputs.writes = part(writes, step);
    inputs.steps = part(steps, step);
    ops.scan(net, inputs, step, memory, out);
  });
  const Doubles xs = read(x), betas = read(writes), dts = read(steps), shift = read(inputs.step_bias),
                a = read(inputs.decay);
  Doubles expected, states;
  for (std::int64_t row = 0; row < batch * length; ++row) {
    if (row % length == 0) states.assign(6 * 7 * 5, 0);
    for (std::int64_t head = 0; head < 6; ++head) {
      const Doubles query = unit(xs, width, row, head / 3 * 5, 5),
                    key = unit(xs, width, row, 10 + head / 3 * 5, 5);
      const double dt = softplus(element(dts, 6, row, head) + element(shift, 6, 0, head));
      const double decay = std::exp(-std::exp(element(a, 6, 0, head)) * dt);
      for (std::int64_t v = 0; v < 7; ++v) {
        const auto h = [&](std::size_t k) -> double& {
          return states[(static_cast<std::size_t>(head) * 7 + static_cast<std::size_t>(v)) * 5 + k];
        };
        double difference = element(xs, width, row, 20 + head * 7 + v), out = 0;
        for (std::size_t k = 0; k < 5; ++k) difference -= key[k] * (h(k) *= decay);
        for (std::size_t k = 0; k < 5; ++k) {
          h(k) += key[k] * sigmoid(element(betas, 6, row, head)) * difference;
          out += query[k] * h(k);
        }
        expected.push_back(out / std::sqrt(5.0));
      }
    }
  }
  expect_close(actual, expected);
}

TEST_F(RecurrentTest, LargeTimeStepsDoNotOverflow) {
  const Mamba mamba{.inner_size = 1, .state_size = 1};
  const auto number = [&](double value) { return holding(Element::fp32, 1, 1, {value}); };
  const MambaInputs inputs{number(2), number(500), number(1), number(1), number(-2), number(0)};
  Tensor memory = zeros(Element::fp32, 1, 1), out = poisoned(Element::fp32, 1, 1);
  ops.scan(mamba, inputs, {1, 1, 0}, memory, out);
  EXPECT_FLOAT_EQ(static_cast<float>(read(out).front()), 1000);
}

TEST_F(RecurrentTest, OtherShapesAreRefused) {
  const Weight weight{random(Element::fp16, 8, 4), {}, 8, 4};
  Tensor x = random(Element::fp16, 6, 8), out = poisoned(Element::fp16, 6, 8);
  Tensor last = zeros(Element::fp16, 2, 24), memory = zeros(Element::fp32, 2, 7);
  EXPECT_NO_THROW(ops.convolve(x, weight, {}, {2, 3, 0}, last, out));
  EXPECT_THROW(ops.convolve(x, weight, {}, {3, 2, 0}, last, out), InputError);
  EXPECT_THROW(ops.convolve(x, weight, random(Element::fp16, 1, 7), {2, 3, 0}, last, out), InputError);
  const Mamba mamba{.inner_size = 8, .state_size = 1};
  const Tensor one = random(Element::fp16, 6, 1), skip = random(Element::fp16, 1, 8);
  EXPECT_THROW(ops.scan(mamba, {x, x, one, one, skip, skip}, {2, 3, 0}, memory, out), InputError);
}

}  // namespace
}  // namespace calibram
