// SPDX-License-Identifier: MIT
// From tokens through the layers to logits.
#include "src/engine/llama_cpp/graph/pass.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram::llama_cpp {

TensorGraph Pass::build() {
  Tensor hidden = embed();
  positions_ = no_tensor;
  for (std::size_t run = 0; run < model_.layers.size(); ++run)
    for (std::int64_t i = 0; i < model_.layers[run].count; ++i)
      hidden = layer(model_.layers[run].layer, hidden,
                     run + 1 == model_.layers.size() && i + 1 == model_.layers[run].count);
  finish(hidden);
  return std::move(graph_);
}

/// llm_graph_context::build_inp_embd
Tensor Pass::embed() {
  const Tensor tokens = graph_.input(Shape{shape_.tokens}.as(ElementType::i32));
  const Tensor embedded = graph_.compute({model_.hidden_size, shape_.tokens}, {tokens});
  if (shape_.embeds_either) {
    // ggml_build_forward_select keeps both ways into the model in the graph.
    graph_.expand(embedded);
    graph_.expand(graph_.input({model_.hidden_size, shape_.tokens}));
  }
  return rules_.scales_embeddings ? scaled(embedded) : embedded;
}

Tensor Pass::layer(const Layer& layer, Tensor input, bool is_last) {
  const Tensor normed = layer.norm_before_mixer ? norm(input) : input;
  Tensor mixed = no_tensor;
  if (const Attention* self = attention_of(layer)) mixed = attention(layer, *self, normed);
  if (const auto* latent = std::get_if<LatentAttention>(&layer.mixer))
    mixed = latent_attention(*latent, normed);
  if (mixed == no_tensor)
    throw InputError{fmt::format("cannot walk llama.cpp's graph of {}", model_.name),
                     "it has layers without attention, whose operations are not known here",
                     "ask for weights or kv_cache"};
  Tensor residual = input;
  if (is_last) {
    mixed = rows(mixed);
    residual = rows(residual);
  }
  if (layer.norm_after_each) mixed = norm(mixed);
  const Tensor joined = sum(mixed, residual);
  Tensor out = feed_forward(layer, layer.norm_before_mlp ? norm(joined) : joined);
  if (layer.norm_after_each) out = norm(out);
  return sum(out, joined);
}

void Pass::finish(Tensor hidden) {
  const Tensor normed = norm(hidden);
  graph_.mark_output(normed);
  Tensor logits = product(normed, model_.vocabulary, model_.head_bias);
  if (rules_.scales_logits) logits = scaled(logits);
  if (rules_.caps_logits) logits = soft_capped(logits);
  graph_.mark_output(logits);
  graph_.expand(logits);
}

}  // namespace calibram::llama_cpp
