// SPDX-License-Identifier: MIT
// MLPs and mixtures of experts.
#include "src/engine/llama_cpp/graph/pass.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram::llama_cpp {

Tensor Pass::feed_forward(const Layer& layer, Tensor normed) {
  if (const Mlp* dense = mlp_of(layer)) return mlp(*dense, normed);
  if (const auto* mixture = std::get_if<Experts>(&layer.feed_forward)) return experts(*mixture, normed);
  throw InputError{fmt::format("cannot walk llama.cpp's graph of {}", model_.name),
                   "it has layers without an MLP, whose operations are not known here",
                   "ask for weights or kv_cache"};
}

/// llm_graph_context::build_ffn; a gate and its activation are one operation (ggml_glu).
Tensor Pass::mlp(const Mlp& mlp, Tensor source) {
  Tensor inner = no_tensor;
  if (mlp.gated && gates_at_once_) {
    const Tensor both = product(source, 2 * mlp.width, mlp.bias);
    inner = graph_.compute({mlp.width, size(both, 1)}, {both});
  } else if (mlp.gated) {
    const Tensor up = product(source, mlp.width, mlp.bias);
    const Tensor gate = product(source, mlp.width, mlp.bias);
    inner = graph_.compute(graph_.shape(up), {gate, up});
  } else {
    inner = unary(product(source, mlp.width, mlp.bias));
    if (mlp.activation == Activation::relu_squared) inner = unary(inner);
  }
  return product(inner, model_.hidden_size, mlp.bias);
}

/// llm_graph_context::build_moe_ffn
Tensor Pass::experts(const Experts& experts, Tensor source) {
  const std::int64_t tokens = size(source, 1);
  const Tensor logits = product(source, experts.count, experts.router_bias);
  const Tensor probabilities =
      rules_.gating == Gating::softmax_of_chosen ? logits : graph_.in_place({logits});
  Tensor judged = rules_.chooses_by_logits ? logits : probabilities;
  if (biases_choice_) judged = graph_.in_place({judged});
  const Tensor sorted = graph_.compute(graph_.shape(judged).as(ElementType::i32), {judged});
  const Tensor selected = graph_.view(sorted, Shape{experts.active, tokens}.as(ElementType::i32));
  const Tensor weights = expert_weights(experts, probabilities, selected);
  graph_.expand(weights);
  const Tensor out = routed(experts, source, selected, weights);
  return experts.shared ? sum(out, shared_expert(experts, source)) : out;
}

Tensor Pass::expert_weights(const Experts& experts, Tensor probabilities, Tensor selected) {
  const std::int64_t tokens = size(selected, 1);
  const Shape flat{experts.active, tokens}, apart{1, experts.active, tokens};
  Tensor weights = graph_.compute(apart, {graph_.view(probabilities, {1, experts.count, tokens}), selected});
  if (rules_.gating == Gating::softmax_of_chosen)
    weights = graph_.view(graph_.in_place({graph_.view(weights, flat)}), apart);
  if (rules_.normalises_weights) {
    const Tensor chosen = graph_.view(weights, flat);
    const Tensor sums = graph_.compute({1, tokens}, {chosen});
    const Tensor clamped = graph_.compute({1, tokens}, {sums});
    weights = graph_.view(graph_.in_place({chosen, clamped}), apart);
  }
  return weights;
}

Tensor Pass::routed(const Experts& experts, Tensor source, Tensor selected, Tensor weights) {
  const std::int64_t tokens = size(source, 1), hidden = model_.hidden_size;
  Tensor seen = graph_.view(source, {hidden, 1, tokens});
  if (rules_.weighs_inputs)
    seen = graph_.in_place({graph_.compute({hidden, experts.active, tokens}, {seen}), weights});
  const auto by_expert = [&](std::int64_t width, Tensor from) {
    const Tensor result = graph_.compute({width, experts.active, tokens}, {from, selected});
    return experts.expert.bias ? graph_.in_place({result, selected}) : result;
  };
  const Tensor up = by_expert(experts.expert.width, seen);
  Tensor inner = no_tensor;
  if (experts.expert.gated) {
    const Tensor gate = by_expert(experts.expert.width, seen);
    inner = graph_.compute(graph_.shape(up), {gate, up});
  } else {
    inner = unary(up);
    if (experts.expert.activation == Activation::relu_squared) inner = unary(inner);
  }
  Tensor weighted = by_expert(hidden, inner);
  if (!rules_.weighs_inputs) weighted = graph_.in_place({weighted, weights});
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < experts.active; ++i) {
    parts.push_back(graph_.view(weighted, {hidden, tokens}));
    graph_.expand(parts.back());
  }
  Tensor out = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) out = sum(out, parts[i]);
  return experts.active == 1 ? graph_.compute(graph_.shape(out), {out}) : out;
}

Tensor Pass::shared_expert(const Experts& experts, Tensor source) {
  const Tensor out = mlp(*experts.shared, source);
  if (!experts.shared_gate) return out;
  // src/models/qwen2moe.cpp: silu(x) / x, which is the sigmoid
  const Tensor gate = product(source, 1);
  return graph_.in_place({out, graph_.in_place({unary(gate), gate})});
}

}  // namespace calibram::llama_cpp
