// SPDX-License-Identifier: MIT
// Sizes of what the kinds of mixers remember.
#include "src/model/state.hpp"

#include "src/core/bytes.hpp"

namespace calibram {
namespace {

struct StateOf {
  template <typename Other>
  StateShape operator()(const Other&) const {
    return {};
  }
  // vllm/model_executor/layers/mamba/mamba_utils.py: mamba1_state_shape, mamba2_state_shape,
  // gated_delta_net_state_shape.
  StateShape operator()(const Mamba& mamba) const {
    return {mamba.inner_size, mamba.kernel_size, checked_product({mamba.inner_size, mamba.state_size})};
  }
  StateShape operator()(const Mamba2& mamba) const {
    return {mamba.convolved_size(), mamba.kernel_size,
            checked_product({mamba.heads, mamba.head_size, mamba.state_size})};
  }
  StateShape operator()(const GatedDeltaNet& net) const {
    return {net.convolved_size(), net.kernel_size,
            checked_product({net.value_heads, net.value_size, net.key_size})};
  }
};

}  // namespace

std::optional<CacheShape> cache_shape(const Layer& layer) {
  if (const Attention* attention = attention_of(layer)) {
    if (!attention->owns_cache) return std::nullopt;
    return CacheShape{attention->kv_heads, attention->head_size, attention->value_elements()};
  }
  if (const auto* latent = std::get_if<LatentAttention>(&layer.mixer))
    return CacheShape{1, latent->kv_rank + latent->rotary_size, 0};
  return std::nullopt;
}

bool lends_cache(const Layer& layer, const Attention& reader) {
  const Attention* attention = attention_of(layer);
  return attention && attention->owns_cache && attention->window == reader.window &&
         attention->chunk == reader.chunk;
}

std::optional<std::int64_t> visible_positions(const Layer& layer) {
  const Attention* attention = attention_of(layer);
  if (!attention) return std::nullopt;
  return attention->chunk ? attention->chunk : attention->window;
}

StateShape recurrent_state_shape(const Mixer& mixer) { return std::visit(StateOf{}, mixer); }

}  // namespace calibram
