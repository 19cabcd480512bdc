// SPDX-License-Identifier: MIT
// The table of engines' caches, and what a model's layers cost under each.
#include "src/engine/cache_rules.hpp"

#include "src/engine/runtime.hpp"
#include "src/model/state.hpp"

#include <algorithm>
#include <array>

namespace calibram {
namespace {

constexpr std::array table = {
    CacheRule{.runtime = "calibram",
              .latent = LatentCache::vectors,
              .windowed = WindowedCache::whole_context,
              .convolution_inputs = -1,
              .convolution_bytes = 0,
              .state_space_bytes = 4,
              .linear_memory_bytes = 4,
              .windowed_words = "windowed layers keep the whole context",
              .latent_words = "latent vectors as they are",
              .state_words = "states in FP32",
              .source = "src/engine/decoder/state.cpp"},
    CacheRule{.runtime = "transformers",
              .latent = LatentCache::heads,
              .windowed = WindowedCache::window_less_one,
              .convolution_inputs = 0,
              .convolution_bytes = 0,
              .state_space_bytes = 0,
              .linear_memory_bytes = 4,
              .windowed_words = "windowed layers keep the window less one token (since 4.56)",
              .latent_words = "latent vectors expanded to all heads",
              .state_words = "states as wide as activations, of linear attention in FP32",
              .source = "transformers 4.57 src/transformers/cache_utils.py, models/*/modeling_*.py"},
    CacheRule{.runtime = "vllm",
              .latent = LatentCache::vectors,
              .windowed = WindowedCache::window,
              .convolution_inputs = -1,
              .convolution_bytes = 0,
              .state_space_bytes = 0,
              .linear_memory_bytes = 0,
              .windowed_words =
                  "windowed layers keep the window, and up to max_num_batched_tokens more of a prompt",
              .latent_words = "latent vectors as they are",
              .state_words = "states as wide as activations",
              .source = "vllm/v1/kv_cache_interface.py, vllm/model_executor/layers/mamba/mamba_utils.py"},
    CacheRule{.runtime = "llama.cpp",
              .latent = LatentCache::heads_unless_absorbable,
              .windowed = WindowedCache::window,
              .convolution_inputs = -1,
              .convolution_bytes = 4,
              .state_space_bytes = 4,
              .linear_memory_bytes = 4,
              .windowed_words = "windowed layers keep the window and one micro-batch",
              .latent_words = "latent vectors as they are, but for files without attention.key_length_mla",
              .state_words = "states in FP32",
              .source = "llama.cpp src/llama-kv-cache-iswa.cpp, src/llama-hparams.cpp",
              .packs_heads = true},
};

std::int64_t bytes_or(std::int64_t bytes, std::int64_t activation_bytes) {
  return bytes == 0 ? activation_bytes : bytes;
}

/// As many elements of all heads.
Bytes heads_bytes(const CacheRule& rule, const Format& format, std::int64_t heads, std::int64_t size) {
  return rule.packs_heads ? kv_head_bytes(format, checked_product({heads, size}))
                          : heads * kv_head_bytes(format, size);
}

/// Keys and values of one layer and token.
Bytes token_bytes(const CacheRule& rule, const Layer& layer, const Format& keys, const Format& values) {
  const auto* latent = std::get_if<LatentAttention>(&layer.mixer);
  if (latent && (rule.latent == LatentCache::heads ||
                 (rule.latent == LatentCache::heads_unless_absorbable && !latent->absorbable)))
    return heads_bytes(rule, keys, latent->heads, latent->plain_size + latent->rotary_size) +
           heads_bytes(rule, values, latent->heads, latent->value_size);
  const std::optional<CacheShape> shape = cache_shape(layer);
  if (!shape) return {};
  const Bytes of_values =
      shape->has_values() ? heads_bytes(rule, values, shape->heads, shape->value_size) : Bytes{};
  return heads_bytes(rule, keys, shape->heads, shape->key_size) + of_values;
}

Bytes state_bytes(const CacheRule& rule, const Mixer& mixer, std::int64_t activation_bytes) {
  const StateShape shape = recurrent_state_shape(mixer);
  if (shape.memory_elements == 0) return {};
  const std::int64_t inputs = shape.kernel_size + rule.convolution_inputs;
  const bool is_linear = std::holds_alternative<GatedDeltaNet>(mixer);
  const std::int64_t memory = is_linear ? rule.linear_memory_bytes : rule.state_space_bytes;
  return Bytes{checked_product(
             {shape.convolved_channels, inputs, bytes_or(rule.convolution_bytes, activation_bytes)})} +
         Bytes{checked_product({shape.memory_elements, bytes_or(memory, activation_bytes)})};
}

std::optional<std::int64_t> kept_positions(const CacheRule& rule, const Layer& layer) {
  const std::optional<std::int64_t> visible = visible_positions(layer);
  if (!visible || rule.windowed == WindowedCache::whole_context) return std::nullopt;
  return rule.windowed == WindowedCache::window ? *visible : *visible - 1;
}

void add_windowed(SequenceCache& cache, std::int64_t positions, Bytes per_token) {
  auto& parts = cache.windowed;
  const auto at = std::lower_bound(
      parts.begin(), parts.end(), positions,
      [](const SequenceCache::Windowed& part, std::int64_t wanted) { return part.positions < wanted; });
  if (at != parts.end() && at->positions == positions)
    at->per_token += per_token;
  else
    parts.insert(at, {positions, per_token});
}

}  // namespace

std::span<const CacheRule> cache_rules() { return table; }

const CacheRule* find_cache_rule(std::string_view runtime) {
  const std::string_view family = family_of(runtime);
  for (const CacheRule& rule : table)
    if (rule.runtime == family) return &rule;
  return nullptr;
}

std::string describe(const CacheRule& rule, const Model& model) {
  bool is_windowed = false, is_latent = false, has_state = false;
  for (const LayerRun& run : model.layers) {
    is_windowed = is_windowed || visible_positions(run.layer);
    is_latent = is_latent || std::holds_alternative<LatentAttention>(run.layer.mixer);
    has_state = has_state || recurrent_state_shape(run.layer.mixer).memory_elements > 0;
  }
  std::string words;
  const auto add = [&](bool matters, std::string_view part) {
    if (!matters) return;
    if (!words.empty()) words += "; ";
    words += part;
  };
  add(is_windowed, rule.windowed_words);
  add(is_latent, rule.latent_words);
  add(has_state, rule.state_words);
  return words;
}

Bytes SequenceCache::full_windows() const {
  Bytes sum;
  for (const Windowed& part : windowed) sum += part.positions * part.per_token;
  return sum;
}

Bytes SequenceCache::bytes(std::int64_t tokens) const {
  Bytes sum = state + tokens * per_token;
  for (const Windowed& part : windowed) sum += std::min(tokens, part.positions) * part.per_token;
  return sum;
}

SequenceCache sequence_cache(const CacheRule& rule, const LayerRun& layers, const Format& keys,
                             const Format& values, std::int64_t activation_bytes) {
  SequenceCache cache;
  const Bytes per_token = layers.count * token_bytes(rule, layers.layer, keys, values);
  if (const std::optional<std::int64_t> positions = kept_positions(rule, layers.layer);
      positions && per_token > Bytes{})
    add_windowed(cache, *positions, per_token);
  else
    cache.per_token = per_token;
  cache.state = layers.count * state_bytes(rule, layers.layer.mixer, activation_bytes);
  return cache;
}

SequenceCache sequence_cache(const CacheRule& rule, const Model& model, const Format& keys,
                             const Format& values, std::int64_t activation_bytes) {
  SequenceCache cache;
  for (const LayerRun& run : model.layers) {
    const SequenceCache of_run = sequence_cache(rule, run, keys, values, activation_bytes);
    for (const SequenceCache::Windowed& part : of_run.windowed)
      add_windowed(cache, part.positions, part.per_token);
    cache.per_token += of_run.per_token;
    cache.state += of_run.state;
  }
  return cache;
}

}  // namespace calibram
