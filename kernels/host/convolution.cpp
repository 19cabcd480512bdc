// SPDX-License-Identifier: MIT
// The short causal convolution in front of a recurrence, channel by channel.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <Eigen/Core>

namespace calibram {
namespace {

using Line = Eigen::Map<Eigen::ArrayXf>;

/// Some channels of one sequence. Weights and the inputs before the step are kept as floats, [kernel element,
/// channel].
class Channels {
 public:
  Channels(std::int64_t sequence, IndexRange channels, std::int64_t kernel_size, StepShape step,
           Scratch& scratch)
      : sequence_{sequence}, channels_{channels}, kernel_{kernel_size}, step_{step}, scratch_{scratch} {}

  void load_state(const Tensor& weight, const Tensor& last_inputs) {
    for (std::int64_t c = 0; c < channels_.count; ++c) {
      const std::int64_t channel = channels_.first + c;
      for (std::int64_t k = 0; k < kernel_; ++k)
        load(weight, channel * kernel_ + k, 1, scratch_.left.data() + k * channels_.count + c);
      for (std::int64_t k = 0; k + 1 < kernel_; ++k)
        load(last_inputs, last_input(last_inputs, channel, k), 1,
             scratch_.right.data() + k * channels_.count + c);
    }
  }

  void convolve(const Tensor& x, const Tensor& bias, std::int64_t token, const Tensor& out) {
    Line sum{scratch_.line.data(), channels_.count};
    sum.setZero();
    if (!bias.empty()) load(bias, channels_.first, channels_.count, sum.data());
    for (std::int64_t k = 0; k < kernel_; ++k)
      sum += Line{scratch_.left.data() + k * channels_.count, channels_.count} *
             input(x, token + k - (kernel_ - 1));
    sum /= 1 + (-sum).exp();
    store(sum.data(), channels_.count, out, row(token) * out.columns + channels_.first);
  }

  /// Keeps the last inputs of this step, or of the one before where it was too short.
  void store_state(const Tensor& x, const Tensor& last_inputs) {
    for (std::int64_t k = 0; k + 1 < kernel_; ++k) {
      const Line line = input(x, step_.tokens + k - (kernel_ - 1));
      for (std::int64_t c = 0; c < channels_.count; ++c)
        store(&line[c], 1, last_inputs, last_input(last_inputs, channels_.first + c, k));
    }
  }

 private:
  std::int64_t row(std::int64_t token) const { return sequence_ * step_.tokens + token; }
  std::int64_t last_input(const Tensor& last_inputs, std::int64_t channel, std::int64_t k) const {
    return sequence_ * last_inputs.columns + channel * (kernel_ - 1) + k;
  }
  /// The inputs at a token of the step, or before it.
  Line input(const Tensor& x, std::int64_t token) {
    if (token < 0) return {scratch_.right.data() + (token + kernel_ - 1) * channels_.count, channels_.count};
    load(x, row(token) * x.columns + channels_.first, channels_.count, scratch_.second.data());
    return {scratch_.second.data(), channels_.count};
  }

  std::int64_t sequence_;
  IndexRange channels_;
  std::int64_t kernel_;
  StepShape step_;
  Scratch& scratch_;
};

}  // namespace

void HostOps::convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                       Tensor& last_inputs, Tensor& out) {
  check_convolve(x, weight, bias, step, last_inputs, out);
  const std::int64_t kernel_size = weight.values.columns;
  const std::int64_t most = std::min(line_elements, tile_rows * tile_depth / kernel_size);
  require(most > 0, "convolve", "the kernel is longer than 65536");
  for (std::int64_t sequence = 0; sequence < step.batch; ++sequence)
    for_each_part(x.columns, most, [&](std::int64_t first, std::int64_t count) {
      Channels channels{sequence, {first, count}, kernel_size, step, *scratch_};
      channels.load_state(weight.values, last_inputs);
      for (std::int64_t token = 0; token < step.tokens; ++token) channels.convolve(x, bias, token, out);
      channels.store_state(x, last_inputs);
    });
}

}  // namespace calibram
