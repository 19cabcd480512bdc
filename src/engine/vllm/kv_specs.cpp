// SPDX-License-Identifier: MIT
// Pages of attention and of recurrent states.
#include "src/engine/vllm/kv_specs.hpp"

#include "src/engine/vllm/batch_limits.hpp"
#include "src/model/state.hpp"

#include <algorithm>

namespace calibram {
namespace {

/// Blocks of hybrid models are multiples of what the attention kernels take.
constexpr std::int64_t attention_alignment = 16, latent_alignment = 64;

Bytes token_bytes(const CacheShape& shape, const Format& kv) {
  const Bytes values = shape.has_values() ? kv_head_bytes(kv, shape.value_size) : Bytes{};
  return shape.heads * (kv_head_bytes(kv, shape.key_size) + values);
}

/// vllm/model_executor/layers/mamba/mamba_utils.py: both states as wide as activations ("auto").
Bytes state_bytes(const Layer& layer, std::int64_t width) {
  const StateShape shape = recurrent_state_shape(layer.mixer);
  return Bytes{checked_product({shape.convolution_elements() + shape.memory_elements, width})};
}

KvSpec attention_spec(const Layer& layer, Bytes of_token, std::int64_t block_tokens) {
  KvSpec spec{KvKind::full, 0, block_tokens, block_tokens * of_token};
  const Attention* attention = attention_of(layer);
  if (!attention || !visible_positions(layer)) return spec;
  spec.kind = attention->chunk ? KvKind::chunk : KvKind::window;
  spec.visible_tokens = *visible_positions(layer);
  return spec;
}

/// The block that makes a page of every attention layer at least as large as the largest state.
std::int64_t hybrid_block_tokens(const Model& part, const Format& kv, Bytes largest_state,
                                 std::int64_t block_tokens) {
  if (largest_state == Bytes{}) return block_tokens;
  for (const LayerRun& run : part.layers) {
    const std::optional<CacheShape> shape = cache_shape(run.layer);
    if (!shape) continue;
    const std::int64_t alignment = attention_of(run.layer) ? attention_alignment : latent_alignment;
    const std::int64_t step = alignment * token_bytes(*shape, kv).count();
    return std::max(block_tokens, alignment * (round_up(largest_state.count(), step) / step));
  }
  return block_tokens;
}

/// Without the hybrid manager, windows and chunks beside full attention keep every token
/// (unify_hybrid_kv_cache_specs).
void keep_all_tokens(std::vector<LayerKvSpec>& specs) {
  const auto is_full = [](const LayerKvSpec& of) { return of.spec.kind == KvKind::full; };
  if (std::none_of(specs.begin(), specs.end(), is_full)) return;
  for (LayerKvSpec& of : specs)
    if (of.spec.kind == KvKind::window || of.spec.kind == KvKind::chunk) {
      of.spec.kind = KvKind::full;
      of.spec.visible_tokens = 0;
    }
}

}  // namespace

std::vector<LayerKvSpec> kv_specs(const Model& part, const Question& question, const VllmSettings& settings) {
  const std::int64_t width = activation_bytes(*question.weights);
  Bytes largest_state;
  for (const LayerRun& run : part.layers)
    largest_state = std::max(largest_state, state_bytes(run.layer, width));
  const std::int64_t block = hybrid_block_tokens(part, *question.kv, largest_state, settings.block_tokens);
  std::vector<LayerKvSpec> specs;
  Bytes page;
  std::int64_t layer = 0;
  for (const LayerRun& run : part.layers)
    for (std::int64_t i = 0; i < run.count; ++i, ++layer) {
      if (const std::optional<CacheShape> shape = cache_shape(run.layer)) {
        specs.push_back({layer, attention_spec(run.layer, token_bytes(*shape, *question.kv), block)});
        page = std::max(page, specs.back().spec.page);
      } else if (const Bytes state = state_bytes(run.layer, width); state > Bytes{}) {
        specs.push_back({layer, {KvKind::state, 0, vllm_max_model_len(question), state}});
      }
    }
  for (LayerKvSpec& of : specs)
    if (of.spec.kind == KvKind::state) of.spec.page = std::max(of.spec.page, page);
  if (!settings.hybrid_kv_cache) keep_all_tokens(specs);
  return specs;
}

}  // namespace calibram
