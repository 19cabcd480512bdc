// SPDX-License-Identifier: MIT
// From tokens through the layers to logits.
#include "src/engine/llama_cpp/graph/pass.hpp"

#include "src/core/error.hpp"
#include "src/model/stored_tensor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

/// Whether a tensor's name ends so in the model's GGUF file, where that is known.
bool in_file(const Model& model, std::string_view name, bool otherwise) {
  if (!model.stored) return otherwise;
  const auto ends_so = [&](const StoredTensor& tensor) { return tensor.name.ends_with(name); };
  const auto is_block = [](const StoredTensor& tensor) { return tensor.name.starts_with("blk."); };
  const auto& tensors = model.stored->tensors;
  return std::ranges::any_of(tensors, is_block) ? std::ranges::any_of(tensors, ends_so) : otherwise;
}

}  // namespace

Pass::Pass(const Model& model, const GraphRules& rules, const PassShape& shape)
    : model_{model},
      rules_{rules},
      shape_{shape},
      projects_at_once_{in_file(model, ".attn_qkv.weight", rules.projects_at_once)},
      gates_at_once_{rules.gates_at_once && !in_file(model, ".ffn_gate.weight", false)},
      biases_choice_{in_file(model, ".exp_probs_b.bias", rules.biases_choice)} {}

TensorGraph Pass::build() {
  Tensor hidden = embed();
  for (std::size_t run = 0; run < model_.layers.size(); ++run)
    for (std::int64_t i = 0; i < model_.layers[run].count; ++i)
      hidden = layer(model_.layers[run].layer, hidden,
                     run + 1 == model_.layers.size() && i + 1 == model_.layers[run].count);
  finish(hidden);
  return std::move(graph_);
}

/// llm_graph_context::build_inp_embd
Tensor Pass::embed() {
  const Shape hidden{model_.hidden_size, shape_.tokens};
  const bool adds_positions = model_.positions == Positions::learned;
  if (shape_.embeds_on_host) {
    // The scheduler gives this device copies of what the host's operations made.
    const Tensor embedded = graph_.input(hidden);
    if (adds_positions) return sum(embedded, graph_.input(hidden));
    return rules_.scales_embeddings ? scaled(embedded) : embedded;
  }
  const Tensor embedded = graph_.compute(hidden, {graph_.input(Shape{shape_.tokens}.as(ElementType::i32))});
  // ggml_build_forward_select keeps both ways into the model in the graph: tokens, and embeddings.
  graph_.expand(embedded);
  graph_.expand(graph_.input(hidden));
  if (adds_positions) return sum(embedded, graph_.compute(hidden, {positions()}));
  return rules_.scales_embeddings ? scaled(embedded) : embedded;
}

Tensor Pass::mixed(const Layer& layer, Tensor normed) {
  if (const Attention* self = attention_of(layer)) return attention(*self, normed);
  if (const auto* latent = std::get_if<LatentAttention>(&layer.mixer))
    return latent_attention(*latent, normed);
  throw InputError{fmt::format("cannot walk llama.cpp's graph of {}", model_.name),
                   "it has layers without attention, whose operations are not known here",
                   "ask for weights or kv_cache"};
}

Tensor Pass::layer(const Layer& layer, Tensor input, bool is_last) {
  Tensor normed = layer.norm_before_mixer ? norm(input) : input;
  Tensor part = mixed(layer, normed);
  if (is_last && !rules_.drops_rows_last) {
    part = rows(part);
    input = rows(input);
    if (layer.parallel_residual && !layer.norm_before_mlp) normed = rows(normed);
  }
  if (layer.parallel_residual)
    return parallel_sum(input, part, feed_forward(layer, layer.norm_before_mlp ? norm(input) : normed));
  if (layer.norm_after_each) part = norm(part);
  if (rules_.scales_parts) part = scaled(part);
  const Tensor joined = sum(part, input);
  Tensor out = feed_forward(layer, layer.norm_before_mlp ? norm(joined) : joined);
  if (layer.norm_after_each) out = norm(out);
  if (rules_.scales_parts) out = scaled(out);
  return rules_.adds_to_residual ? sum(joined, out) : sum(out, joined);
}

Tensor Pass::parallel_sum(Tensor input, Tensor mixed, Tensor mlp) {
  switch (rules_.parallel_sum) {
    case ParallelSum::mlp_mixed_input:
      return sum(sum(mlp, mixed), input);
    case ParallelSum::mixed_mlp_input:
      return sum(sum(mixed, mlp), input);
    case ParallelSum::mlp_joined:
      return sum(mlp, sum(mixed, input));
    case ParallelSum::mlp_input_mixed:
      break;
  }
  return sum(sum(mlp, input), mixed);
}

void Pass::finish(Tensor hidden) {
  if (rules_.drops_rows_last) {
    graph_.mark_output(hidden);
    hidden = rows(hidden);
  }
  const Tensor normed = norm(hidden);
  graph_.mark_output(normed);
  Tensor logits = product(normed, model_.vocabulary, model_.head_bias);
  if (rules_.scales_logits) logits = scaled(logits);
  if (rules_.caps_logits) logits = soft_capped(logits);
  graph_.mark_output(logits);
  graph_.expand(logits);
}

}  // namespace calibram::llama_cpp
