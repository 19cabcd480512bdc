// SPDX-License-Identifier: MIT
// A mixture of experts as eager PyTorch runs it: a loop over the experts that were hit, each on its own rows.
//
// After github.com/huggingface/transformers, modeling_qwen2_moe.py, modeling_qwen3_moe.py and
// modeling_mixtral.py (the same loop in all), 4.36 to 5.0. What the loop's variables name lives into the next
// turn: the rows, their product with the routing shares, and both vectors of indices. Counted only.
#include "src/engine/decoder/decoder.hpp"

#include <algorithm>

namespace calibram {
namespace {

/// Turns after the third find exactly the blocks that those before them left.
constexpr std::int64_t different_turns = 3;

/// The tensors that the variables of the loop name.
struct Turn {
  Tensor found = {};  ///< int64 [rows, 2]: which of a token's choices, and which token
  Tensor rows = {};
  Tensor gate_and_up = {};  ///< one matrix's result, where gate and up are one
  Tensor result = {};
};

}  // namespace

Tensor Decoder::allocate_indices(std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t int64_bytes = 8;
  return ops_.allocate(Term::activation, Element::raw8, rows, checked_product({columns, int64_bytes}));
}

/// softmax(router_logits, dtype=float), topk, the shares narrowed: scores, shares and choices stay.
Decoder::NamedTensors Decoder::choose_experts(const Experts& experts, const WeightSet& weights,
                                              const Tensor& input) {
  const auto wide = [&](std::int64_t columns) {
    return ops_.allocate(Term::activation, Element::fp32, input.rows, columns);
  };
  Tensor scores = linear(input, weights[WeightName::router], weights[WeightName::router_bias]);
  Tensor converted = question_.kv->name == "bf16" ? wide(experts.count) : Tensor{};
  Tensor shares = wide(experts.count);
  ops_.release(converted);
  Tensor best = wide(experts.active);
  Tensor choices = allocate_indices(input.rows, experts.active);
  ops_.release(shares);
  Tensor narrow = allocate(input.rows, experts.active);
  ops_.release(best);
  return {scores, choices, narrow};
}

/// Rows of one expert times its matrix.
Tensor Decoder::looped_linear(const Tensor& x, const Weight& weight) {
  if (needs_scratch(weight)) return multiply_packed(x, weight, Term::activation, /*in_sequences=*/false);
  return allocate(x.rows, weight.outputs);
}

/// down(act(gate(x)) * up(x)) of one expert's rows.
Tensor Decoder::looped_expert(const Mlp& expert, const WeightSet& weights, const Tensor& rows,
                              Tensor& gate_and_up) {
  Tensor gate, up;
  if (runtime_.joins_expert_gates) {
    Tensor both = allocate(rows.rows, 2 * expert.width);
    ops_.release(gate_and_up);
    gate_and_up = both;
  } else {
    gate = looped_linear(rows, weights[WeightName::expert_gate]);
  }
  Tensor activated = allocate(rows.rows, expert.width);
  ops_.release(gate);
  if (!runtime_.joins_expert_gates) up = looped_linear(rows, weights[WeightName::expert_up]);
  Tensor product = allocate(rows.rows, expert.width);
  ops_.release(activated);
  ops_.release(up);
  Tensor out = looped_linear(product, weights[WeightName::expert_down]);
  ops_.release(product);
  return out;
}

Tensor Decoder::looped_experts(const Experts& experts, const WeightSet& weights, Input& normed) {
  const Tensor& input = normed.tensor;
  NamedTensors choices = choose_experts(experts, weights, input);
  Tensor sum = allocate(input.rows, input.columns);
  Tensor mask = allocate_indices(checked_product({input.rows, experts.active}), experts.count);  // one_hot
  const std::int64_t sent = checked_product({input.rows, experts.active});
  const std::int64_t hit = runtime_.routes_all_alike ? experts.active : std::min(experts.count, sent);
  const std::int64_t rows = (sent + hit - 1) / hit;
  Turn turn;
  const auto rebind = [&](Tensor& variable, Tensor value) {
    ops_.release(variable);
    variable = value;
  };
  for (std::int64_t i = 0; i < std::min(hit, different_turns); ++i) {
    rebind(turn.found, allocate_indices(rows, 2));
    rebind(turn.rows, allocate(rows, input.columns));
    Tensor out = looped_expert(experts.expert, weights, turn.rows, turn.gate_and_up);
    Tensor shares = allocate(rows, 1);
    Tensor weighed = allocate(rows, input.columns);
    ops_.release(shares);
    ops_.release(out);
    rebind(turn.result, weighed);
  }
  if (experts.shared) add_gated_expert(*experts.shared, experts.shared_gate, weights, normed, sum);
  for (Tensor* tensor : {&turn.found, &turn.rows, &turn.gate_and_up, &turn.result, &mask})
    ops_.release(*tensor);
  for (Tensor& tensor : choices) ops_.release(tensor);
  return sum;
}

/// sum + sigmoid(gate(x)) * shared(x)
void Decoder::add_gated_expert(const Mlp& shared, bool gated, const WeightSet& weights, const Input& normed,
                               Tensor& sum) {
  Input read_again{normed.tensor, false};
  Tensor out = mlp(shared, weights, read_again);
  if (gated) {
    Tensor gate = linear(normed.tensor, weights[WeightName::shared_gate], {});
    become_copy(gate);  // sigmoid
    Tensor weighed = allocate(out.rows, out.columns);
    ops_.release(gate);
    ops_.release(out);
    out = weighed;
  }
  Tensor both = allocate(sum.rows, sum.columns);
  ops_.release(sum);
  ops_.release(out);
  sum = both;
}

}  // namespace calibram
