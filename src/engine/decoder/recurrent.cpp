// SPDX-License-Identifier: MIT
// State spaces and linear attention in the decoder pass: projections, a short convolution, a recurrence.
#include "src/engine/decoder/decoder.hpp"

#include <initializer_list>

namespace calibram {

// What publishers keep in one matrix is projected part by part, so that each part is a tensor that ends when
// nothing needs it any more.
Tensor Decoder::scan(const Mamba& mamba, LayerState& state, Input& normed, StepShape shape) {
  const WeightSet& weights = state.weights;
  const Weight &input = weights[WeightName::state_input], &bias = weights[WeightName::state_input_bias];
  Tensor x = linear(normed.tensor, input, bias, IndexRange{0, mamba.inner_size});
  Tensor gate = linear(normed.tensor, input, bias, IndexRange{mamba.inner_size, mamba.inner_size});
  drop(normed);
  MambaInputs inputs{.x = convolve(state, x, shape)};
  inputs.decay = weights[WeightName::decay].values;
  inputs.skip = weights[WeightName::skip].values;
  // Time steps, B and C depend on what was convolved.
  const auto parameter = [&](std::int64_t first, std::int64_t count, WeightName norm) {
    Tensor out = linear(inputs.x, weights[WeightName::state_parameters], {}, IndexRange{first, count});
    if (mamba.norms) norm_in_place(out, weights[norm]);
    return out;
  };
  Tensor step = parameter(0, mamba.step_rank, WeightName::step_norm);
  inputs.to_state = parameter(mamba.step_rank, mamba.state_size, WeightName::state_input_norm);
  inputs.to_output =
      parameter(mamba.step_rank + mamba.state_size, mamba.state_size, WeightName::state_output_norm);
  inputs.steps = linear(step, weights[WeightName::step], weights[WeightName::step_bias]);
  ops_.release(step);
  Tensor mixed = allocate(gate.rows, mamba.inner_size);
  ops_.scan(mamba, inputs, shape, state.recurrent.memory, mixed);
  for (Tensor* tensor : {&inputs.x, &inputs.steps, &inputs.to_state, &inputs.to_output})
    ops_.release(*tensor);
  gate_state(gate, mixed);
  return project_state(weights, mixed);
}

Tensor Decoder::scan(const Mamba2& mamba, LayerState& state, Input& normed, StepShape shape) {
  const WeightSet& weights = state.weights;
  const auto input = [&](std::int64_t first, std::int64_t count) {
    return linear(normed.tensor, weights[WeightName::state_input], weights[WeightName::state_input_bias],
                  IndexRange{first, count});
  };
  Tensor gate = input(0, mamba.inner_size());
  Tensor x = input(mamba.inner_size(), mamba.convolved_size());
  Mamba2Inputs inputs{.steps = input(mamba.inner_size() + mamba.convolved_size(), mamba.heads)};
  drop(normed);
  inputs.convolved = convolve(state, x, shape);
  inputs.step_bias = weights[WeightName::step_bias].values;
  inputs.decay = weights[WeightName::decay].values;
  inputs.skip = weights[WeightName::skip].values;
  Tensor mixed = allocate(gate.rows, mamba.inner_size());
  ops_.scan(mamba, inputs, shape, state.recurrent.memory, mixed);
  ops_.release(inputs.convolved);
  ops_.release(inputs.steps);
  gate_state(gate, mixed);
  norm_in_place(mixed, weights[WeightName::state_norm]);
  return project_state(weights, mixed);
}

Tensor Decoder::scan(const GatedDeltaNet& net, LayerState& state, Input& normed, StepShape shape) {
  const WeightSet& weights = state.weights;
  const std::int64_t width = net.value_heads * net.value_size;
  const auto input = [&](WeightName weight, std::int64_t first, std::int64_t count) {
    return linear(normed.tensor, weights[weight], {}, IndexRange{first, count});
  };
  Tensor x = input(WeightName::state_input, 0, net.convolved_size());
  Tensor gate = input(WeightName::state_input, net.convolved_size(), width);
  DeltaInputs inputs{.writes = input(WeightName::gates, 0, net.value_heads),
                     .steps = input(WeightName::gates, net.value_heads, net.value_heads)};
  drop(normed);
  inputs.convolved = convolve(state, x, shape);
  inputs.step_bias = weights[WeightName::step_bias].values;
  inputs.decay = weights[WeightName::decay].values;
  Tensor mixed = allocate(gate.rows, width);
  ops_.scan(net, inputs, shape, state.recurrent.memory, mixed);
  for (Tensor* tensor : {&inputs.convolved, &inputs.writes, &inputs.steps}) ops_.release(*tensor);
  Tensor heads = mixed.reshaped(mixed.rows * net.value_heads);
  norm_in_place(heads, weights[WeightName::state_norm]);
  gate_state(gate, mixed);
  return project_state(weights, mixed);
}

/// Frees x.
Tensor Decoder::convolve(LayerState& state, Tensor& x, StepShape shape) {
  Tensor out = allocate(x.rows, x.columns);
  ops_.convolve(x, state.weights[WeightName::convolution], state.weights[WeightName::convolution_bias].values,
                shape, state.recurrent.last_inputs, out);
  ops_.release(x);
  return out;
}

/// Multiplies by silu(gate), and frees the gate.
void Decoder::gate_state(Tensor& gate, Tensor& mixed) {
  ops_.activate(Activation::silu, gate, gate);
  ops_.multiply(mixed, gate, mixed);
  ops_.release(gate);
}

Tensor Decoder::project_state(const WeightSet& weights, Tensor& mixed) {
  Tensor out = linear(mixed, weights[WeightName::state_output], weights[WeightName::state_output_bias]);
  ops_.release(mixed);
  return out;
}

}  // namespace calibram
