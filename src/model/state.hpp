// SPDX-License-Identifier: MIT
// What a layer must remember of a sequence: keys and values for each token, or a state of fixed size.
#pragma once

#include "src/model/model.hpp"

#include <optional>

namespace calibram {

/// What one token adds to a layer's cache: `heads` keys of `key_size` elements, and as many values of
/// `value_size`.
struct CacheShape {
  std::int64_t heads = 0;
  std::int64_t key_size = 0;
  std::int64_t value_size = 0;  ///< 0: no values; those of latent attention are part of the keys

  bool has_values() const { return value_size > 0; }
};

/// Nothing where the layer keeps no cache of its own. Of latent attention: the latent vector and the rotated
/// part, as one head (DeepSeek-V2, arXiv:2405.04434, section 2.1).
std::optional<CacheShape> cache_shape(const Layer& layer);

/// Whether a later layer without a cache of its own may read this one's: it has one and sees as far (Gemma
/// 3n: modeling_gemma3n.py, kv_shared_layer_index).
bool lends_cache(const Layer& layer, const Attention& reader);

/// The positions that a token of the layer can see at most; none: all.
std::optional<std::int64_t> visible_positions(const Layer& layer);

/// The state of one sequence, whatever its length.
struct StateShape {
  std::int64_t convolved_channels = 0;  ///< of the causal convolution, whose last inputs are kept
  std::int64_t kernel_size = 0;         ///< of which the last kernel_size - 1 are needed
  std::int64_t memory_elements = 0;     ///< of the recurrence

  std::int64_t convolution_elements() const { return convolved_channels * (kernel_size - 1); }

  bool operator==(const StateShape&) const = default;
};

/// Zeros for a mixer without recurrence.
StateShape recurrent_state_shape(const Mixer& mixer);

}  // namespace calibram
