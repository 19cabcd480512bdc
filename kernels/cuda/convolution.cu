// SPDX-License-Identifier: MIT
// The short convolution before a recurrence: a thread per element, which reads its inputs in the step or, of
// those that precede it, in what was kept.
// Run it alone: cuda_tests --gtest_filter='Recurrent*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"

#include <cmath>

namespace calibram {
namespace {

/// The inputs of every channel, from those that are kept to those of the step.
struct ChannelInputs {
  AnyElements x, kept;  ///< [batch * tokens, channels], [batch, channels * preceding]
  std::int64_t tokens, channels;
  int preceding;  ///< inputs that are kept: one less than the convolution has weights

  /// @param token  of the step; -1 for the last input before it
  __device__ float at(std::int64_t sequence, std::int64_t channel, std::int64_t token) const {
    if (token < 0) return kept[(sequence * channels + channel) * preceding + preceding + token];
    return x[(sequence * tokens + token) * channels + channel];
  }
};

/// out = silu(weight * inputs + bias)
struct Convolve {
  ChannelInputs inputs;
  AnyElements weight, bias, out;
  std::int64_t count;  ///< of elements

  __device__ void operator()(Thread& thread) const {
    const int size = inputs.preceding + 1;
    for (std::int64_t i = thread.first(); i < count; i += thread.stride()) {
      const std::int64_t row = i / inputs.channels, channel = i % inputs.channels;
      const std::int64_t sequence = row / inputs.tokens, token = row % inputs.tokens;
      float sum = bias.empty() ? 0 : bias[channel];
      for (int k = 0; k < size; ++k)
        sum += weight[channel * size + k] * inputs.at(sequence, channel, token + k - inputs.preceding);
      out.set(i, sum / (1 + expf(-sum)));
    }
  }
};

/// Keeps the last inputs of the step: a thread per sequence and channel. It goes from the oldest on, and
/// where the step is short, what moves up was read before it is overwritten.
struct KeepInputs {
  ChannelInputs inputs;
  std::int64_t count;  ///< of sequences and channels

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t i = thread.first(); i < count; i += thread.stride())
      for (int j = 0; j < inputs.preceding; ++j)
        inputs.kept.set(i * inputs.preceding + j, inputs.at(i / inputs.channels, i % inputs.channels,
                                                            inputs.tokens - inputs.preceding + j));
  }
};

}  // namespace

void CudaOps::convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                       Tensor& last_inputs, Tensor& out) {
  check_convolve(x, weight, bias, step, last_inputs, out);
  const ChannelInputs inputs{any_elements(x), any_elements(last_inputs), step.tokens, x.columns,
                             static_cast<int>(weight.values.columns - 1)};
  launch(
      stream_, grid_over(element_count(x)),
      Convolve{inputs, any_elements(weight.values), any_elements(bias), any_elements(out), element_count(x)});
  // A kernel of its own: only now has every element read what was kept.
  const std::int64_t channels = step.batch * x.columns;
  launch(stream_, grid_over(channels), KeepInputs{inputs, channels});
}

}  // namespace calibram
