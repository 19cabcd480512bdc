// SPDX-License-Identifier: MIT
// The recurrences of Mamba and Mamba 2, of which the former is the latter with a head for every channel and a
// decay for every element of the state.
// Run it alone: cuda_tests --gtest_filter='StateSpace*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/recurrence.cuh"

namespace calibram {
namespace {

/// Some columns of a matrix.
struct Columns {
  AnyElements matrix;
  std::int64_t width, first;

  __device__ float at(std::int64_t row, std::int64_t column) const {
    return matrix[row * width + first + column];
  }
};
Columns columns_of(const Tensor& matrix, std::int64_t first = 0) {
  return {any_elements(matrix), matrix.columns, first};
}

struct StateSpaceShape {
  std::int64_t batch, tokens, channels;
  int head_channels;  ///< channels of a head
  int group_heads;    ///< heads that share B and C
  int state;          ///< elements of a channel's state
  int decays;         ///< of a head: one, or one for every element of the state
};

/// What a state space reads; one value a head but for x, B and C.
struct StateSpaceInputs {
  Columns x, to_state, to_output, steps;
  AnyElements step_bias;  ///< may be empty
  AnyElements decay, skip;
};

/// A warp per sequence and channel: each lane has `each` elements of the channel's state in registers, every
/// 32nd of them, from the first token of the step to the last. A state that is larger is gone over in parts.
template <std::size_t each>
struct ScanChannel {
  static constexpr int count = static_cast<int>(each), part = count * warp_size;

  StateSpaceShape shape;
  StateSpaceInputs inputs;
  float* memory;
  AnyElements out;

  __device__ void operator()(Thread& thread) const {
    const std::int64_t all = shape.batch * shape.channels;
    for (std::int64_t row = thread.first() / warp_size; row < all; row += thread.stride() / warp_size)
      for (int first = 0; first < shape.state; first += part) scan(thread, row, first);
  }

 private:
  /// @param row  of the memory
  __device__ void scan(Thread& thread, std::int64_t row, int first) const {
    const std::int64_t channel = row % shape.channels, head = channel / shape.head_channels;
    const int begin = first + thread.lane();
    float state[each], rates[each];
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i) {
      const int element = begin + i * warp_size;
      const bool is_there = element < shape.state;
      state[i] = is_there ? memory[row * shape.state + element] : 0;
      rates[i] = is_there ? -expf(inputs.decay[head * shape.decays + element % shape.decays]) : 0;
    }
    const float bias = inputs.step_bias.empty() ? 0 : inputs.step_bias[head];
    for (std::int64_t t = row / shape.channels * shape.tokens, end = t + shape.tokens; t < end; ++t) {
      const float step = softplus(inputs.steps.at(t, head) + bias), x = inputs.x.at(t, channel);
      const float part_of_sum = advance(t, head / shape.group_heads, begin, step, x, state, rates);
      const float sum = warp_reduce(thread, part_of_sum, Sum{});
      if (thread.lane() != 0) continue;
      const std::int64_t to = t * shape.channels + channel;
      out.set(to, (first == 0 ? inputs.skip[head] * x : out[to]) + sum);
    }
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i)
      if (begin + i * warp_size < shape.state) memory[row * shape.state + begin + i * warp_size] = state[i];
  }

  /// Brings the lane's part of the state one token on, and returns what it adds to the output.
  __device__ float advance(std::int64_t row, std::int64_t group, int begin, float step, float x,
                           float (&state)[each], const float (&rates)[each]) const {
    float sum = 0;
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i) {
      const int element = begin + i * warp_size;
      if (element >= shape.state) continue;
      const std::int64_t column = group * shape.state + element;
      state[i] = expf(rates[i] * step) * state[i] + step * inputs.to_state.at(row, column) * x;
      sum += inputs.to_output.at(row, column) * state[i];
    }
    return sum;
  }
};

/// By the size of the state: 16 of Mamba, 64 to 256 of Mamba 2.
void scan_channels(cudaStream_t stream, const StateSpaceShape& shape, const StateSpaceInputs& inputs,
                   const Tensor& memory, const Tensor& out) {
  const Grid grid = grid_over(shape.batch * shape.channels * warp_size);
  auto* const state = elements<float>(memory);
  if (shape.state <= ScanChannel<1>::part)
    launch(stream, grid, ScanChannel<1>{shape, inputs, state, any_elements(out)});
  else if (shape.state <= ScanChannel<4>::part)
    launch(stream, grid, ScanChannel<4>{shape, inputs, state, any_elements(out)});
  else
    launch(stream, grid, ScanChannel<8>{shape, inputs, state, any_elements(out)});
}

}  // namespace

void CudaOps::scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  const int state = static_cast<int>(mamba.state_size);
  scan_channels(
      stream_,
      {step.batch, step.tokens, mamba.inner_size, 1, static_cast<int>(mamba.inner_size), state, state},
      {columns_of(inputs.x),
       columns_of(inputs.to_state),
       columns_of(inputs.to_output),
       columns_of(inputs.steps),
       {},
       any_elements(inputs.decay),
       any_elements(inputs.skip)},
      memory, out);
}

void CudaOps::scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  const std::int64_t inner = mamba.inner_size(), of_groups = mamba.groups * mamba.state_size;
  scan_channels(stream_,
                {step.batch, step.tokens, inner, static_cast<int>(mamba.head_size),
                 static_cast<int>(mamba.heads / mamba.groups), static_cast<int>(mamba.state_size), 1},
                {columns_of(inputs.convolved), columns_of(inputs.convolved, inner),
                 columns_of(inputs.convolved, inner + of_groups), columns_of(inputs.steps),
                 any_elements(inputs.step_bias), any_elements(inputs.decay), any_elements(inputs.skip)},
                memory, out);
}

}  // namespace calibram
