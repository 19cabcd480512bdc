// SPDX-License-Identifier: MIT
// Describes the layers of a GGUF model: sizes from keys, parts from the tensors that are there.
#pragma once

#include "src/model/gguf/architecture.hpp"
#include "src/model/gguf/tensors.hpp"
#include "src/model/model.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace calibram {

/// A layer's place in what keys give.
constexpr std::size_t at(std::int64_t layer) { return static_cast<std::size_t>(layer); }

/// What keys give for every layer.
struct LayerSizes {
  std::vector<std::int64_t> heads, kv_heads, widths;
  std::vector<bool> has_window;
  std::int64_t window = 0;             ///< of those that have one
  std::int64_t layers_with_cache = 0;  ///< the first so many
};

/// @param layer_count  those of the file, whether the pass uses them or not
LayerSizes layer_sizes(const GgufArchitecture& architecture, GgufKeys& keys, std::int64_t layer_count,
                       std::int64_t used_layers);

class LayerReader {
 public:
  LayerReader(const GgufArchitecture& architecture, GgufKeys& keys, const LayerSizes& sizes,
              std::int64_t hidden_size)
      : architecture_{architecture}, keys_{keys}, sizes_{sizes}, hidden_{hidden_size} {}

  Layer read(std::int64_t layer, const TensorsByName& tensors);

 private:
  Mixer mixer(std::int64_t layer, const TensorsByName& tensors);
  Attention attention(std::int64_t layer, const TensorsByName& tensors);
  LatentAttention latent_attention(std::int64_t layer, const TensorsByName& tensors);
  Mamba mamba(const TensorsByName& tensors);
  Mamba2 mamba2(const TensorsByName& tensors) const;
  GatedDeltaNet delta_net() const;
  FeedForward feed_forward(std::int64_t layer, const TensorsByName& tensors);
  Mlp mlp(std::int64_t width, const TensorsByName& tensors) const;
  Experts experts(std::int64_t layer, const TensorsByName& tensors);
  std::optional<Mlp> shared_expert(std::int64_t expert_width, const TensorsByName& tensors) const;
  void norms(Layer& layer, const TensorsByName& tensors);

  /// The heads of a state space, which share its inner size.
  struct StateHeads {
    std::int64_t count, size;
  };
  StateHeads state_heads() const;

  std::int64_t head_size(std::string_view key, bool windowed);
  std::int64_t rotary_size(std::int64_t layer, std::int64_t head_size);
  bool is_rotated(std::int64_t layer) const;

  const GgufArchitecture& architecture_;
  GgufKeys& keys_;
  const LayerSizes& sizes_;
  std::int64_t hidden_;
};

}  // namespace calibram
