// SPDX-License-Identifier: MIT
// How engines keep what the layers of a model remember: the same model costs each of them something else.
#pragma once

#include "src/core/bytes.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Which positions a layer that sees only a window, or only a chunk, keeps.
enum class WindowedCache : unsigned char {
  whole_context,  ///< all: what is out of sight is only masked
  window,         ///< those that it can see
  window_less_one,
};

/// What is kept of latent attention.
enum class LatentCache : unsigned char {
  vectors,                  ///< the latent vector and the rotated part, once for all heads
  heads,                    ///< keys and values of every head
  heads_unless_absorbable,  ///< those, where the file does not allow more
};

/// The rule of one engine.
struct CacheRule {
  std::string_view runtime;  ///< the family of a runtime's name
  LatentCache latent;
  WindowedCache windowed;
  std::int64_t convolution_inputs;   ///< kept of the last `kernel size` ones: 0 all, -1 all but one
  std::int64_t convolution_bytes;    ///< per element of those; 0: as wide as activations
  std::int64_t state_space_bytes;    ///< per element of a state space's memory; 0: as wide as activations
  std::int64_t linear_memory_bytes;  ///< per element of linear attention's memory; 0: as activations
  std::string_view windowed_words, latent_words, state_words;  ///< for people
  std::string_view source;
  bool packs_heads = false;  ///< blocks of a quantised format run over the ends of heads
};
std::span<const CacheRule> cache_rules();

/// The rule of the family that a runtime's name begins with ("vllm@0.19.0"), or null.
const CacheRule* find_cache_rule(std::string_view runtime);

/// The rule in words, as far as it matters for the model; nothing where every layer keeps every token.
std::string describe(const CacheRule& rule, const Model& model);

/// What sequences cost under a rule.
struct SequenceCache {
  /// Layers of which every token beyond `positions` is free.
  struct Windowed {
    std::int64_t positions = 0;
    Bytes per_token;

    bool operator==(const Windowed&) const = default;
  };

  Bytes per_token;                 ///< of the layers that keep every token
  std::vector<Windowed> windowed;  ///< by number of positions, rising
  Bytes state;                     ///< whatever the length

  /// Of the layers that keep only a window, once it is full.
  Bytes full_windows() const;
  /// One sequence of this many tokens, without padding.
  Bytes bytes(std::int64_t tokens) const;
};

/// Of `count` layers alike.
/// @param keys,values  formats of the two halves of the cache @param activation_bytes  of one element
SequenceCache sequence_cache(const CacheRule& rule, const LayerRun& layers, const Format& keys,
                             const Format& values, std::int64_t activation_bytes);
/// Of all layers.
SequenceCache sequence_cache(const CacheRule& rule, const Model& model, const Format& keys,
                             const Format& values, std::int64_t activation_bytes);

}  // namespace calibram
