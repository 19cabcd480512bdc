// SPDX-License-Identifier: MIT
// The recurrences of state spaces and linear attention, token by token.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <Eigen/Core>

#include <cmath>

namespace calibram {
namespace {

using Line = Eigen::Map<Eigen::ArrayXf>;

/// log(1 + e^x), which is x where e^x would overflow.
float softplus(float x) { return x > 20 ? x : std::log1p(std::exp(x)); }
float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

float at(const Tensor& tensor, std::int64_t index) {
  float value = 0;
  load(tensor, index, 1, &value);
  return value;
}

Line line_at(const Tensor& tensor, std::int64_t offset, std::int64_t count, float* to) {
  load(tensor, offset, count, to);
  return {to, count};
}

/// Calls f(sequence, row) for every token, those of a sequence in order.
template <typename Function>
void for_each_row(StepShape step, Function&& f) {
  for (std::int64_t sequence = 0; sequence < step.batch; ++sequence)
    for (std::int64_t token = 0; token < step.tokens; ++token) f(sequence, sequence * step.tokens + token);
}

/// Of one row and head: h = decay * h + gain * to_state, returns the output without the skipped input.
float advance(Line state, float decay, float gain, const Line& to_state, const Line& to_output) {
  state = decay * state + gain * to_state;
  return (state * to_output).sum();
}

/// Brings a vector to length 1, as nearly as the usual epsilon lets it.
void normalise(Line x) { x /= std::sqrt(x.square().sum() + 1e-6F); }

}  // namespace

void HostOps::scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  const std::int64_t n = mamba.state_size, inner = mamba.inner_size;
  require(n <= line_elements, "scan", "a state has more than 4096 elements");
  const std::int64_t most = std::min(line_elements, tile_columns * tile_depth / n);
  float* rates = scratch_->right.data();  // -exp(decay) of the channels at hand
  float *x = scratch_->line.data(), *steps = scratch_->second.data(), *mixed = scratch_->third.data();
  float *to_state = scratch_->left.data(), *to_output = to_state + n;
  for_each_part(inner, most, [&](std::int64_t first, std::int64_t count) {
    Line all_rates = line_at(inputs.decay, first * n, count * n, rates);
    all_rates = -all_rates.exp();
    for_each_row(step, [&](std::int64_t sequence, std::int64_t row) {
      load(inputs.x, row * inner + first, count, x);
      load(inputs.steps, row * inner + first, count, steps);
      const Line b = line_at(inputs.to_state, row * n, n, to_state);
      const Line c = line_at(inputs.to_output, row * n, n, to_output);
      for (std::int64_t i = 0; i < count; ++i) {
        Line state{elements<float>(memory) + sequence * memory.columns + (first + i) * n, n};
        const float dt = softplus(steps[i]);
        state = (Line{rates + i * n, n} * dt).exp() * state + dt * x[i] * b;
        mixed[i] = (state * c).sum() + at(inputs.skip, first + i) * x[i];
      }
      store(mixed, count, out, row * inner + first);
    });
  });
}

void HostOps::scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  const std::int64_t n = mamba.state_size, size = mamba.head_size, inner = mamba.inner_size();
  require(n <= line_elements && size <= line_elements, "scan",
          "a head or its state has more than 4096 elements");
  float *x = scratch_->line.data(), *to_state = scratch_->second.data(), *to_output = scratch_->third.data();
  for_each_row(step, [&](std::int64_t sequence, std::int64_t row) {
    for (std::int64_t head = 0; head < mamba.heads; ++head) {
      const std::int64_t begin = row * inputs.convolved.columns, group = head / (mamba.heads / mamba.groups);
      load(inputs.convolved, begin + head * size, size, x);
      const Line b = line_at(inputs.convolved, begin + inner + group * n, n, to_state);
      const Line c = line_at(inputs.convolved, begin + inner + (mamba.groups + group) * n, n, to_output);
      const float dt = softplus(at(inputs.steps, row * mamba.heads + head) + at(inputs.step_bias, head));
      const float decay = std::exp(-std::exp(at(inputs.decay, head)) * dt), skip = at(inputs.skip, head);
      float* states = elements<float>(memory) + sequence * memory.columns + head * size * n;
      for (std::int64_t i = 0; i < size; ++i) {
        const float mixed = advance(Line{states + i * n, n}, decay, dt * x[i], b, c) + skip * x[i];
        store(&mixed, 1, out, row * inner + head * size + i);
      }
    }
  });
}

void HostOps::scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(net, inputs, step, memory, out);
  const std::int64_t keys = net.key_size, values = net.value_size;
  const std::int64_t key_width = net.key_heads * keys, group = net.value_heads / net.key_heads;
  require(keys <= line_elements && values <= line_elements, "scan", "a head has more than 4096 elements");
  float *left = scratch_->left.data(), *right = scratch_->right.data();
  for_each_row(step, [&](std::int64_t sequence, std::int64_t row) {
    for (std::int64_t head = 0; head < net.value_heads; ++head) {
      const std::int64_t begin = row * inputs.convolved.columns, of_key = begin + head / group * keys;
      Line query = line_at(inputs.convolved, of_key, keys, scratch_->line.data());
      Line key = line_at(inputs.convolved, of_key + key_width, keys, scratch_->second.data());
      const Line value =
          line_at(inputs.convolved, begin + 2 * key_width + head * values, values, scratch_->third.data());
      normalise(query);
      normalise(key);
      const std::int64_t place = row * net.value_heads + head;
      const float dt = softplus(at(inputs.steps, place) + at(inputs.step_bias, head));
      const float decay = std::exp(-std::exp(at(inputs.decay, head)) * dt);
      float* state = elements<float>(memory) + sequence * memory.columns + head * keys * values;
      const auto state_row = [&](std::int64_t i) { return Line{state + i * values, values}; };
      Line difference{left, values}, mixed{right, values};
      difference = value;
      for (std::int64_t i = 0; i < keys; ++i) {
        state_row(i) *= decay;
        difference -= key[i] * state_row(i);
      }
      difference *= sigmoid(at(inputs.writes, place));
      mixed.setZero();
      for (std::int64_t i = 0; i < keys; ++i) {
        state_row(i) += key[i] * difference;
        mixed += query[i] * state_row(i);
      }
      mixed /= std::sqrt(static_cast<float>(keys));
      store(right, values, out, place * values);
    }
  });
}

}  // namespace calibram
