// SPDX-License-Identifier: MIT
// The recurrences of Mamba and Mamba 2, of which the former is the latter with a head for every channel and a
// decay for every element of the state.
// Run it alone: cuda_tests --gtest_filter='Recurrent*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/recurrence.cuh"

#include <initializer_list>
#include <limits>

namespace calibram {
namespace {

/// Some columns of a matrix.
template <typename T>
struct Columns {
  const T* first;
  std::int64_t width;

  __device__ float at(std::int64_t row, std::int64_t column) const {
    return as_float(first[row * width + column]);
  }
};
template <typename T>
Columns<T> columns_of(const Tensor& matrix, std::int64_t first = 0) {
  return {elements<T>(matrix) + first, matrix.columns};
}

struct StateSpaceShape {
  std::int64_t tokens;
  int rows;           ///< of the memory: channels of all sequences
  int channels;       ///< of a sequence
  int head_channels;  ///< of a head
  int group_heads;    ///< heads that share B and C
  int state;          ///< elements of a channel's state
  int decays;         ///< of a head: one, or one for every element of the state
};

/// What a state space reads; one value a head but for x, B and C.
template <typename T>
struct StateSpaceInputs {
  Columns<T> x, to_state, to_output, steps;
  AnyElements step_bias;  ///< may be empty
  AnyElements decay, skip;
};

/// A warp per sequence and channel: each lane has `each` elements of the channel's state in registers, every
/// 32nd of them, from the first token of the step to the last. A state that is larger is gone over in parts.
template <std::size_t each, typename T>
struct ScanChannel {
  static constexpr int count = static_cast<int>(each), part = count * warp_size;

  StateSpaceShape shape;
  StateSpaceInputs<T> inputs;
  float* memory;
  T* out;

  __device__ void operator()(Thread& thread) const {
    const int warps = static_cast<int>(thread.stride() / warp_size);
    for (int row = static_cast<int>(thread.first() / warp_size); row < shape.rows; row += warps)
      for (int first = 0; first < shape.state; first += part) scan(thread, row, first);
  }

 private:
  /// @param row  of the memory
  __device__ void scan(Thread& thread, int row, int first) const {
    const int channel = row % shape.channels, head = channel / shape.head_channels;
    float* const kept = memory + static_cast<std::int64_t>(row) * shape.state;
    const int begin = first + thread.lane();
    float state[each], rates[each];
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i) {
      const int element = begin + i * warp_size;
      const bool is_there = element < shape.state;
      state[i] = is_there ? kept[element] : 0;
      rates[i] = is_there ? -expf(inputs.decay[head * shape.decays + element % shape.decays]) : 0;
    }
    const float bias = inputs.step_bias.empty() ? 0 : inputs.step_bias[head];
    CALIBRAM_ROLLED
    for (std::int64_t t = row / shape.channels * shape.tokens, end = t + shape.tokens; t < end; ++t) {
      const float step = softplus(inputs.steps.at(t, head) + bias), x = inputs.x.at(t, channel);
      const float part_of_sum = advance(t, head / shape.group_heads, begin, step, x, state, rates);
      const float sum = warp_reduce(thread, part_of_sum, Sum{});
      if (thread.lane() != 0) continue;
      const std::int64_t to = t * shape.channels + channel;
      store((first == 0 ? inputs.skip[head] * x : as_float(out[to])) + sum, out[to]);
    }
    CALIBRAM_UNROLL
    for (int i = 0; i < count; ++i)
      if (begin + i * warp_size < shape.state) kept[begin + i * warp_size] = state[i];
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
template <typename T>
void scan_channels(cudaStream_t stream, const StateSpaceShape& shape, const StateSpaceInputs<T>& inputs,
                   const Tensor& memory, const Tensor& out) {
  const Grid grid = grid_over(std::int64_t{shape.rows} * warp_size);
  auto* const state = elements<float>(memory);
  if (shape.state <= ScanChannel<1, T>::part)
    launch(stream, grid, ScanChannel<1, T>{shape, inputs, state, elements<T>(out)});
  else if (shape.state <= ScanChannel<4, T>::part)
    launch(stream, grid, ScanChannel<4, T>{shape, inputs, state, elements<T>(out)});
  else
    launch(stream, grid, ScanChannel<8, T>{shape, inputs, state, elements<T>(out)});
}

int memory_rows(StepShape step, std::int64_t channels) {
  const std::int64_t rows = step.batch * channels;
  require(rows <= std::numeric_limits<int>::max() / 2, "scan",
          "the channels of all sequences are beyond 2^30");
  return static_cast<int>(rows);
}

void require_same_element(std::initializer_list<const Tensor*> inputs, const Tensor& out) {
  for (const Tensor* input : inputs)
    require(input->element == out.element, "scan", "there is no kernel for this combination of formats");
}

}  // namespace

void CudaOps::scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  require_same_element({&inputs.x, &inputs.to_state, &inputs.to_output, &inputs.steps}, out);
  const int state = static_cast<int>(mamba.state_size), inner = static_cast<int>(mamba.inner_size);
  const StateSpaceShape shape{step.tokens, memory_rows(step, inner), inner, 1, inner, state, state};
  with_float(out, "scan", [&](auto* type) {
    using T = Pointee<decltype(type)>;
    const StateSpaceInputs<T> read{columns_of<T>(inputs.x),
                                   columns_of<T>(inputs.to_state),
                                   columns_of<T>(inputs.to_output),
                                   columns_of<T>(inputs.steps),
                                   {},
                                   any_elements(inputs.decay),
                                   any_elements(inputs.skip)};
    scan_channels(stream_, shape, read, memory, out);
  });
}

void CudaOps::scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(mamba, inputs, step, memory, out);
  require_same_element({&inputs.convolved, &inputs.steps}, out);
  const std::int64_t inner = mamba.inner_size(), of_groups = mamba.groups * mamba.state_size;
  const StateSpaceShape shape{step.tokens,
                              memory_rows(step, inner),
                              static_cast<int>(inner),
                              static_cast<int>(mamba.head_size),
                              static_cast<int>(mamba.heads / mamba.groups),
                              static_cast<int>(mamba.state_size),
                              1};
  with_float(out, "scan", [&](auto* type) {
    using T = Pointee<decltype(type)>;
    const StateSpaceInputs<T> read{columns_of<T>(inputs.convolved),
                                   columns_of<T>(inputs.convolved, inner),
                                   columns_of<T>(inputs.convolved, inner + of_groups),
                                   columns_of<T>(inputs.steps),
                                   any_elements(inputs.step_bias),
                                   any_elements(inputs.decay),
                                   any_elements(inputs.skip)};
    scan_channels(stream_, shape, read, memory, out);
  });
}

}  // namespace calibram
