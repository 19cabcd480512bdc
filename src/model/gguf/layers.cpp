// SPDX-License-Identifier: MIT
// Sizes per layer, norms, and the choice of a layer's parts.
#include "src/model/gguf/layers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

using Numbers = std::vector<std::int64_t>;

/// The pattern that the file gives for each layer, else the one in llama.cpp's code.
std::vector<bool> windowed_layers(const WindowPattern& pattern, GgufKeys& keys, std::int64_t layer_count) {
  constexpr std::string_view key = "attention.sliding_window_pattern";
  std::vector<bool> windowed(at(layer_count));
  const auto given = keys.per_layer(key, layer_count);
  const bool is_list = keys.is_list(key);
  const std::int64_t period = given && !is_list ? given->front() : pattern.period;
  for (std::int64_t i = 0; i < layer_count; ++i)
    windowed[at(i)] = is_list ? (*given)[at(i)] != 0 : is_windowed(pattern, period, i);
  return windowed;
}

/// The size of windows; 0 where no layer has one.
std::int64_t window_size(const WindowPattern& pattern, GgufKeys& keys, std::int64_t layer_count) {
  constexpr std::string_view key = "attention.sliding_window";
  if (pattern.period == 0 || (pattern.depth > 0 && pattern.depth != layer_count)) return 0;
  if (pattern.key_required) return keys.required(key);
  const std::optional<std::int64_t> given = keys.find(key);
  if (!given && pattern.size > 0) return keys.or_default(key, pattern.size);
  if (!given || *given == 0) return 0;
  return pattern.fixed_size > 0 ? pattern.fixed_size : *given;
}

}  // namespace

LayerSizes layer_sizes(const GgufArchitecture& architecture, GgufKeys& keys, std::int64_t layer_count,
                       std::int64_t used_layers) {
  const Numbers none(at(layer_count), 0);
  LayerSizes sizes;
  sizes.heads = keys.per_layer("attention.head_count", layer_count).value_or(none);
  if (auto kv_heads = keys.per_layer("attention.head_count_kv", layer_count))
    sizes.kv_heads = *std::move(kv_heads);
  else
    sizes.kv_heads = sizes.heads;
  sizes.widths = keys.per_layer("feed_forward_length", layer_count).value_or(none);
  sizes.window = window_size(architecture.window, keys, layer_count);
  sizes.has_window = sizes.window > 0 ? windowed_layers(architecture.window, keys, layer_count)
                                      : std::vector<bool>(at(layer_count), false);
  sizes.layers_with_cache = used_layers;
  if (const auto shared = keys.find("attention.shared_kv_layers")) {
    if (*shared >= used_layers)
      keys.fail("attention.shared_kv_layers", std::to_string(*shared),
                fmt::format("must be less than the {} layers", used_layers));
    sizes.layers_with_cache -= *shared;
  } else if (architecture.layers_with_cache > 0) {
    const std::int64_t owners = std::min(used_layers, architecture.layers_with_cache);
    sizes.layers_with_cache -= keys.or_default("attention.shared_kv_layers", used_layers - owners);
  }
  return sizes;
}

Layer LayerReader::read(std::int64_t number, const TensorsByName& tensors) {
  Layer layer;
  layer.mixer = mixer(number, tensors);
  layer.feed_forward = feed_forward(number, tensors);
  norms(layer, tensors);
  if (tensors.has("altup_correct_coef.weight"))
    layer.alternating_updates = AlternatingUpdates{.copies = tensors.rows("altup_correct_coef.weight"),
                                                   .laurel_rank = tensors.rows("laurel_l.weight"),
                                                   .layer_embedding_size = tensors.rows("inp_gate.weight")};
  return layer;
}

void LayerReader::norms(Layer& layer, const TensorsByName& tensors) {
  const bool mixes = !std::holds_alternative<std::monostate>(layer.mixer);
  const bool feeds = !std::holds_alternative<std::monostate>(layer.feed_forward);
  if (architecture_.residual_key && mixes && feeds)
    layer.parallel_residual = keys_.required_boolean("use_parallel_residual");
  if (!architecture_.norm_weight) {
    layer.norm_before_mixer = mixes;
    layer.norm_before_mlp = feeds;
    return;
  }
  const auto has = [&](std::string_view name) { return tensors.has(std::string{name} + ".weight"); };
  layer.norm_after_each = has("post_attention_norm") && has("post_ffw_norm");
  // Models that norm only outputs (OLMo 2) have no norm before.
  layer.norm_before_mixer = mixes && (has("attn_norm") || !layer.norm_after_each);
  layer.norm_before_mlp =
      feeds && (has("ffn_norm") || has("attn_norm_2") || has("attn_output_norm") ||
                (has("post_attention_norm") && !layer.norm_after_each) || (has("attn_norm") && !mixes));
  const bool shares_norm = layer.norm_before_mixer && !layer.norm_before_mlp && !layer.norm_after_each;
  if (mixes && feeds && (shares_norm || has("attn_norm_2"))) layer.parallel_residual = true;
}

Mixer LayerReader::mixer(std::int64_t layer, const TensorsByName& tensors) {
  const bool attends = tensors.has("attn_q.weight") || tensors.has("attn_k.weight") ||
                       (tensors.has("attn_qkv.weight") && !tensors.has("ssm_conv1d.weight"));
  const bool is_latent = tensors.has("attn_kv_a_mqa.weight");
  const bool scans = tensors.has("ssm_conv1d.weight") || tensors.has("ssm_in.weight");
  if (scans && (attends || is_latent))
    keys_.fail(fmt::format("layer {} has attention and a state space beside each other", layer),
               "no architecture that is known here does");
  const bool keeps_kv = sizes_.kv_heads[at(layer)] > 0;
  if (keys_.is_list("attention.head_count_kv") && keeps_kv != (attends || is_latent))
    keys_.fail(fmt::format("attention.head_count_kv of layer {}", layer),
               std::to_string(sizes_.kv_heads[at(layer)]),
               fmt::format("must {}be 0, since the layer has {} attn_k tensor", keeps_kv ? "" : "not ",
                           keeps_kv ? "no" : "an"));
  if (is_latent) return latent_attention(layer, tensors);
  if (attends) return attention(layer, tensors);
  if (tensors.has("ssm_x.weight")) return mamba(tensors);
  if (tensors.has("ssm_ba.weight") || tensors.has("attn_gate.weight")) return delta_net();
  if (scans) return mamba2(tensors);
  if (tensors.has("attn_output.weight")) return Linear{.bias = tensors.has("attn_output.bias")};
  return std::monostate{};
}

FeedForward LayerReader::feed_forward(std::int64_t layer, const TensorsByName& tensors) {
  const std::int64_t width = sizes_.widths[at(layer)];
  const bool has_experts = tensors.has("ffn_gate_inp.weight");
  if (has_experts) {
    if (const auto dense = keys_.find("leading_dense_block_count"); dense && layer < *dense)
      keys_.fail("leading_dense_block_count", std::to_string(*dense),
                 fmt::format("must be at most {}, since that layer has experts", layer));
    return experts(layer, tensors);
  }
  const bool has_mlp = tensors.has("ffn_up.weight") || tensors.has("ffn_down.weight");
  if (has_mlp != (width > 0) && (has_mlp || keys_.is_list("feed_forward_length")))
    keys_.fail(fmt::format("feed_forward_length of layer {}", layer), std::to_string(width),
               fmt::format("must {}be 0, since the layer has {} ffn_up tensor", has_mlp ? "not " : "",
                           has_mlp ? "an" : "no"));
  if (!has_mlp) return std::monostate{};
  return mlp(width, tensors);
}

}  // namespace calibram
