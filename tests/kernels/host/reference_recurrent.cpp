// SPDX-License-Identifier: MIT
// The reference's state spaces and linear attention: recurrences token by token, from a state of zeros.
#include "tests/kernels/host/reference_pass.hpp"

#include <cmath>

namespace calibram {
namespace {

using enum WeightName;

/// x / |x|, with the epsilon under the root that published models have (modeling_qwen3_next.py, l2norm).
Doubles of_length_one(const Doubles& row, std::size_t first, std::size_t count) {
  Doubles x(count);
  double squares = 1e-6;
  for (std::size_t i = 0; i < count; ++i) squares += row[first + i] * row[first + i];
  for (std::size_t i = 0; i < count; ++i) x[i] = row[first + i] / std::sqrt(squares);
  return x;
}

/// S = a S (I - b k k^T) + b v k^T, for S of value size x key size (arXiv:2412.06464, section 3).
/// @return S q
Doubles step_delta(Rows& state, double a, double b, const Doubles& q, const Doubles& k, const double* v) {
  Doubles out(state.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    double along = 0;
    for (std::size_t j = 0; j < k.size(); ++j) along += state[i][j] * k[j];
    for (std::size_t j = 0; j < k.size(); ++j)
      state[i][j] = a * (state[i][j] - b * along * k[j]) + b * v[i] * k[j];
    for (std::size_t j = 0; j < q.size(); ++j) out[i] += state[i][j] * q[j];
  }
  return out;
}

}  // namespace

Rows ReferencePass::mix(const Linear&, const Place& place, const Rows& x, Sequence&) const {
  return linear(x, place.weights[mixer_linear], place.weights[mixer_linear_bias]);
}

/// A causal convolution of every channel for itself, then SiLU.
Rows ReferencePass::convolved(const Rows& x, const WeightSet& weights) const {
  const Doubles &kernels = values(weights[convolution].values),
                &biases = values(weights[convolution_bias].values);
  const std::size_t channels = x.front().size(), size = kernels.size() / channels;
  Rows out(x.size(), Doubles(channels));
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t c = 0; c < channels; ++c) {
      if (!biases.empty()) out[t][c] = biases[c];
      for (std::size_t back = 0; back < size && back <= t; ++back)
        out[t][c] += kernels[c * size + size - 1 - back] * x[t - back][c];
      out[t][c] = calibram::activated(Activation::silu, out[t][c]);
    }
  return stored(std::move(out));
}

Rows ReferencePass::gated(const Rows& x, const Rows& gate) const {
  return product(x, activated(Activation::silu, gate));
}

/// arXiv:2312.00752, algorithm 2, with B discretised as dt B like in all published models.
Rows ReferencePass::mix(const Mamba& mamba, const Place& place, const Rows& x, Sequence&) const {
  const WeightSet& weights = place.weights;
  const std::int64_t inner = mamba.inner_size, n = mamba.state_size, rank = mamba.step_rank;
  const Rows both = linear(x, weights[state_input], weights[state_input_bias]);
  const Rows u = convolved(columns(both, 0, inner), weights);
  const Rows parameters = linear(u, weights[state_parameters], {});
  const auto parameter = [&](std::int64_t first, std::int64_t count, WeightName norm) {
    const Rows part = columns(parameters, first, count);
    return mamba.norms ? root_mean_square_normed(part, weights[norm]) : part;
  };
  const Rows steps = linear(parameter(0, rank, step_norm), weights[step], weights[step_bias]);
  const Rows b = parameter(rank, n, state_input_norm), c = parameter(rank + n, n, state_output_norm);
  const Doubles &log_rates = values(weights[decay].values), &skips = values(weights[skip].values);
  Rows mixed(x.size(), Doubles(index(inner)));
  for (std::size_t channel = 0; channel < index(inner); ++channel) {
    Doubles h(index(n));
    for (std::size_t t = 0; t < x.size(); ++t) {
      const double dt = softplus(steps[t][channel]), in = u[t][channel];
      double& y = mixed[t][channel];
      y = skips[channel] * in;
      for (std::size_t i = 0; i < h.size(); ++i) {
        const double rate = -std::exp(log_rates[channel * h.size() + i]);
        h[i] = std::exp(rate * dt) * h[i] + dt * b[t][i] * in;
        y += c[t][i] * h[i];
      }
    }
  }
  return linear(gated(stored(std::move(mixed)), columns(both, inner, inner)), weights[state_output],
                weights[state_output_bias]);
}

/// arXiv:2405.21060, section 7, written out as the sum over all earlier tokens that the recurrence is:
/// y_t = sum_s exp(A (dt_(s+1) + ... + dt_t)) (C_t B_s) dt_s x_s + D x_t.
Rows ReferencePass::mix(const Mamba2& mamba, const Place& place, const Rows& x, Sequence&) const {
  const WeightSet& weights = place.weights;
  const std::int64_t inner = mamba.inner_size(), n = mamba.state_size,
                     convolved_size = mamba.convolved_size();
  const Rows all = linear(x, weights[state_input], weights[state_input_bias]);
  const Rows u = convolved(columns(all, inner, convolved_size), weights);
  const Doubles &log_rates = values(weights[decay].values), &skips = values(weights[skip].values),
                &biases = values(weights[step_bias].values);
  Rows mixed(x.size(), Doubles(index(inner)));
  for (std::int64_t head = 0; head < mamba.heads; ++head) {
    const std::size_t h = index(head), from = index(head * mamba.head_size);
    const std::size_t to_state = index(inner + head / (mamba.heads / mamba.groups) * n),
                      to_output = to_state + index(mamba.groups * n);
    const auto dt = [&](std::size_t t) {
      return softplus(all[t][index(inner + convolved_size) + h] + biases[h]);
    };
    for (std::size_t t = 0; t < x.size(); ++t) {
      double elapsed = 0;
      for (std::size_t s = t + 1; s-- > 0; elapsed += dt(s)) {
        double factor = 0;
        for (std::size_t i = 0; i < index(n); ++i) factor += u[t][to_output + i] * u[s][to_state + i];
        factor *= dt(s) * std::exp(-std::exp(log_rates[h]) * elapsed);
        if (s == t) factor += skips[h];
        for (std::size_t i = from; i < from + index(mamba.head_size); ++i) mixed[t][i] += factor * u[s][i];
      }
    }
  }
  const Rows out =
      root_mean_square_normed(gated(stored(std::move(mixed)), columns(all, 0, inner)), weights[state_norm]);
  return linear(out, weights[state_output], weights[state_output_bias]);
}

Rows ReferencePass::mix(const GatedDeltaNet& net, const Place& place, const Rows& x, Sequence&) const {
  const WeightSet& weights = place.weights;
  const std::size_t key_size = index(net.key_size), value_size = index(net.value_size),
                    key_width = index(net.key_heads) * key_size, heads = index(net.value_heads);
  const Rows all = linear(x, weights[state_input], {}), gates_of_heads = linear(x, weights[gates], {});
  const Rows u = convolved(columns(all, 0, net.convolved_size()), weights);
  const Doubles &log_rates = values(weights[decay].values), &biases = values(weights[step_bias].values);
  Rows mixed(x.size(), Doubles(heads * value_size));
  for (std::size_t head = 0; head < heads; ++head) {
    const std::size_t from = head / (heads / index(net.key_heads)) * key_size;
    Rows state(value_size, Doubles(key_size));
    for (std::size_t t = 0; t < x.size(); ++t) {
      const double b = calibram::activated(Activation::sigmoid, gates_of_heads[t][head]);
      const double a =
          std::exp(-std::exp(log_rates[head]) * softplus(gates_of_heads[t][heads + head] + biases[head]));
      const Doubles q = of_length_one(u[t], from, key_size),
                    k = of_length_one(u[t], key_width + from, key_size);
      const Doubles out = step_delta(state, a, b, q, k, &u[t][2 * key_width + head * value_size]);
      for (std::size_t i = 0; i < value_size; ++i)
        mixed[t][head * value_size + i] = out[i] / std::sqrt(static_cast<double>(key_size));
    }
  }
  const Rows normed_heads = root_mean_square_normed(stored(std::move(mixed)), weights[state_norm]);
  const Rows out = gated(normed_heads, columns(all, net.convolved_size(), net.value_heads * net.value_size));
  return linear(out, weights[state_output], {});
}

}  // namespace calibram
