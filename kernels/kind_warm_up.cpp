// SPDX-License-Identifier: MIT
// Small experts, latent attention, recurrences and alternating updates, each computed once.
#include "kernels/kind_warm_up.hpp"

#include "kernels/trial.hpp"

namespace calibram {
namespace {

constexpr std::int64_t rows = 2;
constexpr StepShape step{.batch = 1, .tokens = rows, .start = 0};

/// The products of an expert are of rows within larger matrices. Where these are not on the 256 bytes that
/// cuBLASLt supposes, it may choose other kernels.
void try_experts(Ops& ops, Element element) {
  constexpr std::int64_t experts = 4, active = 2, width = 20;
  Trial trial{ops};
  Routes routes{trial.tensor(Element::int32, rows, active), trial.tensor(Element::fp32, rows, active)};
  const Tensor bias = trial.tensor(element, 1, experts), x = trial.tensor(element, rows, width);
  Tensor gathered = trial.tensor(element, rows * active, width), out = trial.tensor(element, rows, width);
  ops.route(trial.tensor(element, rows, experts), {}, routes);
  ops.route(trial.tensor(element, rows, experts), bias, routes);
  ops.gather_rows(x, routes, gathered);
  ops.combine_experts(gathered, routes, out);
  constexpr std::int64_t depth = 48;
  const Tensor of_all = trial.weight(Element::int8, 2 * width, depth).values;
  const Weight of_one{of_all.row_range({width, width}), {}};
  for (const std::int64_t count : {1, 16, 128}) {
    const Tensor values = trial.tensor(Element::int8, count + 1, depth);
    Tensor sums = trial.tensor(Element::int32, count + 1, width).row_range({1, count});
    ops.matmul_int8(values.row_range({1, count}), of_one, sums);
  }
}

void try_latent(Ops& ops, Element element, Element of_weight) {
  Trial trial{ops};
  const LatentAttention attention{
      .heads = 2, .kv_rank = 16, .plain_size = 4, .rotary_size = 4, .value_size = 4};
  const Weight kv_up = trial.weight(of_weight, 2 * (4 + 4), 16);
  Tensor absorbed = trial.tensor(element, rows, 2 * (4 + 16)), values = trial.tensor(element, rows, 2 * 4);
  ops.absorb_queries(attention, trial.tensor(element, rows, 2 * (4 + 4)), kv_up, absorbed);
  ops.expand_values(attention, trial.tensor(element, rows, 2 * 16), kv_up, values);
}

/// A card has kernels by the size of the state.
void try_state_spaces(Ops& ops, Element element, std::int64_t state_size) {
  constexpr std::int64_t width = 2;
  Trial trial{ops};
  const auto tensor = [&](std::int64_t count, std::int64_t columns) {
    return trial.tensor(element, count, columns);
  };
  Tensor memory = trial.tensor(Element::fp32, 1, width * state_size), out = tensor(rows, width);
  const Tensor x = tensor(rows, width), state = tensor(rows, state_size), vector = tensor(1, width);
  ops.scan(Mamba{.inner_size = width, .state_size = state_size},
           {x, x, state, state, tensor(width, state_size), vector}, step, memory, out);
  const Mamba2 mamba{.heads = width, .head_size = 1, .groups = 1, .state_size = state_size};
  ops.scan(mamba, {tensor(rows, mamba.convolved_size()), x, vector, vector, vector}, step, memory, out);
}

/// A card has kernels for short keys and for long ones.
void try_linear_attention(Ops& ops, Element element, std::int64_t key_size) {
  constexpr std::int64_t size = 4, kernel = 4;
  Trial trial{ops};
  const GatedDeltaNet net{.key_heads = 1, .value_heads = 1, .key_size = key_size, .value_size = size};
  const std::int64_t channels = net.convolved_size();
  Tensor convolved = trial.tensor(element, rows, channels), out = trial.tensor(element, rows, size);
  Tensor last = trial.tensor(element, 1, channels * (kernel - 1));
  Tensor memory = trial.tensor(Element::fp32, 1, key_size * size);
  const Weight weight = trial.weight(element, channels, kernel);
  const Tensor x = trial.tensor(element, rows, channels), bias = trial.tensor(element, 1, channels);
  ops.convolve(x, weight, {}, step, last, convolved);
  ops.convolve(x, weight, bias, step, last, convolved);
  const Tensor gates = trial.tensor(element, rows, 1), number = trial.tensor(element, 1, 1);
  ops.scan(net, {convolved, gates, gates, number, number}, step, memory, out);
}

void try_updates(Ops& ops, Element element) {
  constexpr std::int64_t copies = 3, width = 8;
  Trial trial{ops};
  const Tensor all = trial.tensor(element, copies * rows, width);
  Tensor predicted = trial.tensor(element, copies * rows, width);
  ops.predict_copies(all, trial.tensor(element, rows, copies * copies), predicted);
  ops.correct_copies(trial.tensor(element, rows, width), trial.tensor(element, rows, copies), predicted);
}

}  // namespace

void warm_up_kinds(Ops& ops) {
  for (const Element element : {Element::fp16, Element::fp32}) {
    try_experts(ops, element);
    for (const Element of_weight : {element, Element::int8}) try_latent(ops, element, of_weight);
    for (const std::int64_t state_size : {16, 128, 256}) try_state_spaces(ops, element, state_size);
    for (const std::int64_t key_size : {4, 200}) try_linear_attention(ops, element, key_size);
    try_updates(ops, element);
  }
}

}  // namespace calibram
