// SPDX-License-Identifier: MIT
// The parts of a layer: each kind of mixer and of feed-forward part, from keys and tensors.
#include "src/model/gguf/layers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// The kind shows in the shape of the weight. @param heads  of the queries
QueryKeyNorm norm_kind(const StoredTensor& norm, std::int64_t heads, std::int64_t head_size) {
  const std::int64_t elements = element_count(norm.shape).value_or(0);
  if (elements == head_size) return QueryKeyNorm::per_head;
  const bool is_by_head = norm.shape.size() == 2 && norm.shape.front() == heads;
  return is_by_head ? QueryKeyNorm::each_head : QueryKeyNorm::whole;
}

}  // namespace

bool LayerReader::is_rotated(std::int64_t layer) const {
  if (architecture_.positions == Positions::learned) return false;
  if (architecture_.unrotated_depth == std::ssize(sizes_.heads)) return false;
  if (architecture_.rotary_switch && keys_.boolean("rope.scaling.finetuned") == false) return false;
  const bool any_window = std::ranges::find(sizes_.has_window, true) != sizes_.has_window.end();
  const bool is_fourth = layer % 4 == 3;
  switch (architecture_.rotary) {
    case RotaryLayers::all:
      return true;
    case RotaryLayers::none:
      return false;
    case RotaryLayers::windowed:
      return !any_window || sizes_.has_window[at(layer)];
    case RotaryLayers::three_of_four:
      return !is_fourth;
    case RotaryLayers::unless_long_chunk:
      return sizes_.window == 0 || !is_fourth;
  }
  return true;
}

std::int64_t LayerReader::head_size(std::string_view key, bool windowed) {
  if (windowed)
    if (const auto size = keys_.find(std::string{key} + "_swa")) return *size;
  if (const auto size = keys_.find(key)) return *size;
  const auto first = std::ranges::find_if(sizes_.heads, [](std::int64_t heads) { return heads > 0; });
  if (first == sizes_.heads.end()) static_cast<void>(keys_.required("attention.head_count"));
  if (first == sizes_.heads.end()) keys_.fail("attention.head_count", "0", "must be at least 1");
  return keys_.or_default(key, hidden_ / *first);
}

std::int64_t LayerReader::rotary_size(std::int64_t layer, std::int64_t head_size) {
  if (!is_rotated(layer)) return 0;
  std::optional<std::int64_t> size;
  if (sizes_.has_window[at(layer)]) size = keys_.find("rope.dimension_count_swa");
  if (!size) size = keys_.or_default("rope.dimension_count", head_size);
  if (*size > head_size)
    keys_.fail("rope.dimension_count", std::to_string(*size),
               fmt::format("must be at most attention.key_length = {}", head_size));
  return *size;
}

Attention LayerReader::attention(std::int64_t layer, const TensorsByName& tensors) {
  const bool windowed = sizes_.has_window[at(layer)];
  Attention attention{.heads = sizes_.heads[at(layer)], .kv_heads = sizes_.kv_heads[at(layer)]};
  attention.head_size = head_size("attention.key_length", windowed);
  const std::int64_t value_size = head_size("attention.value_length", windowed);
  if (value_size != attention.head_size) attention.value_size = value_size;
  attention.rotary_size = rotary_size(layer, attention.head_size);
  attention.input_bias = tensors.has("attn_q.bias") || tensors.has("attn_qkv.bias");
  attention.output_bias = tensors.has("attn_output.bias");
  if (const StoredTensor* norm = tensors.find("attn_q_norm.weight"))
    attention.query_key_norm = norm_kind(*norm, attention.heads, attention.head_size);
  else if (architecture_.unweighted_norm_but > 0 && is_rotated(layer) &&
           keys_.find("expert_count") != architecture_.unweighted_norm_but)
    attention.query_key_norm = QueryKeyNorm::unweighted;
  attention.output_gate = architecture_.output_gate;
  attention.sinks = tensors.has("attn_sinks.weight");
  attention.owns_cache = layer < sizes_.layers_with_cache;
  if (windowed) (architecture_.window.is_chunk ? attention.chunk : attention.window) = sizes_.window;
  return attention;
}

LatentAttention LayerReader::latent_attention(std::int64_t layer, const TensorsByName& tensors) {
  LatentAttention latent{.heads = sizes_.heads[at(layer)]};
  if (tensors.has("attn_q_a.weight")) latent.query_rank = keys_.required("attention.q_lora_rank");
  latent.kv_rank = keys_.required("attention.kv_lora_rank");
  latent.rotary_size = keys_.required("rope.dimension_count");
  const bool is_split = keys_.find("attention.key_length_mla").has_value();
  const std::int64_t key_size =
      keys_.required(is_split ? "attention.key_length_mla" : "attention.key_length");
  latent.value_size = keys_.required(is_split ? "attention.value_length_mla" : "attention.value_length");
  latent.plain_size = key_size - latent.rotary_size;
  if (latent.plain_size < 1)
    keys_.fail("rope.dimension_count", std::to_string(latent.rotary_size),
               fmt::format("must be less than the {} elements of a head's key", key_size));
  if (const auto cached = keys_.find("attention.key_length");
      is_split && cached && *cached != latent.kv_rank + latent.rotary_size)
    keys_.fail("attention.key_length", std::to_string(*cached),
               fmt::format("must be attention.kv_lora_rank + rope.dimension_count = {}",
                           latent.kv_rank + latent.rotary_size));
  latent.bias = tensors.has("attn_kv_a_mqa.bias");
  latent.absorbable = is_split;
  return latent;
}

Mamba LayerReader::mamba(const TensorsByName& tensors) {
  return {.inner_size = keys_.required("ssm.inner_size"),
          .state_size = keys_.required("ssm.state_size"),
          .kernel_size = keys_.required("ssm.conv_kernel"),
          .step_rank = keys_.required("ssm.time_step_rank"),
          .convolution_bias = tensors.has("ssm_conv1d.bias"),
          .projection_bias = tensors.has("ssm_in.bias"),
          .norms = tensors.has("ssm_dt_norm.weight")};
}

LayerReader::StateHeads LayerReader::state_heads() const {
  const std::int64_t heads = keys_.required("ssm.time_step_rank");
  const std::int64_t inner = keys_.required("ssm.inner_size");
  if (heads == 0 || inner % heads != 0)
    keys_.fail("ssm.time_step_rank", std::to_string(heads),
               fmt::format("must divide ssm.inner_size = {}", inner));
  return {heads, inner / heads};
}

Mamba2 LayerReader::mamba2(const TensorsByName& tensors) const {
  const StateHeads heads = state_heads();
  return {.heads = heads.count,
          .head_size = heads.size,
          .groups = keys_.required("ssm.group_count"),
          .state_size = keys_.required("ssm.state_size"),
          .kernel_size = keys_.required("ssm.conv_kernel"),
          .convolution_bias = tensors.has("ssm_conv1d.bias"),
          .projection_bias = tensors.has("ssm_in.bias")};
}

GatedDeltaNet LayerReader::delta_net() const {
  const StateHeads heads = state_heads();
  return {.key_heads = keys_.required("ssm.group_count"),
          .value_heads = heads.count,
          .key_size = keys_.required("ssm.state_size"),
          .value_size = heads.size,
          .kernel_size = keys_.required("ssm.conv_kernel")};
}

Mlp LayerReader::mlp(std::int64_t width, const TensorsByName& tensors) const {
  // Gate and up projection may be one matrix (Phi-3, GLM-4).
  const bool is_gated =
      tensors.has("ffn_gate.weight") || tensors.rows("ffn_up.weight") == checked_product({2, width});
  return {.width = width,
          .gated = is_gated,
          .activation = architecture_.activation,
          .bias = tensors.has("ffn_up.bias")};
}

Experts LayerReader::experts(std::int64_t layer, const TensorsByName& tensors) {
  Experts experts{
      .count = keys_.required("expert_count"), .active = keys_.required("expert_used_count"), .expert = {}};
  const std::int64_t width = sizes_.widths[at(layer)];
  const bool shares = architecture_.experts_share_width && experts.active > 0;
  const auto given = keys_.find("expert_feed_forward_length");
  if (given && *given > 0)
    experts.expert.width = *given;
  else
    experts.expert.width =
        keys_.or_default("expert_feed_forward_length", shares ? width / experts.active : width);
  experts.expert.gated = tensors.has("ffn_gate_exps.weight") || tensors.has("ffn_gate_up_exps.weight");
  experts.expert.activation = architecture_.activation;
  experts.expert.bias = tensors.has("ffn_down_exps.bias");
  experts.router_bias = tensors.has("exp_probs_b.bias") || tensors.has("ffn_gate_inp.bias");
  experts.shared = shared_expert(experts.expert.width, tensors);
  experts.shared_gate = tensors.has("ffn_gate_inp_shexp.weight");
  return experts;
}

std::optional<Mlp> LayerReader::shared_expert(std::int64_t expert_width, const TensorsByName& tensors) const {
  const std::int64_t width = tensors.rows("ffn_up_shexp.weight");
  if (width == 0) return std::nullopt;
  // Architectures differ in whether the length is that of one shared expert or of all.
  const auto length = keys_.find("expert_shared_feed_forward_length");
  const std::int64_t count = std::max<std::int64_t>(1, keys_.find("expert_shared_count").value_or(1));
  const std::int64_t one = length && *length > 0 ? *length : expert_width;
  const bool agrees = width == one || width == checked_product({one, count});
  if (!agrees && (length || keys_.find("expert_shared_count")))
    keys_.fail(length ? "expert_shared_feed_forward_length" : "expert_shared_count",
               std::to_string(length ? *length : count),
               fmt::format("must go with the {} rows of ffn_up_shexp", width));
  return Mlp{
      .width = width, .gated = tensors.has("ffn_gate_shexp.weight"), .activation = architecture_.activation};
}

}  // namespace calibram
