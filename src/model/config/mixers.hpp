// SPDX-License-Identifier: MIT
// The parts of a config.json's layers that mix tokens.
#pragma once

#include "src/model/config/family.hpp"
#include "src/model/config/fields.hpp"
#include "src/model/config/layer_rules.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace calibram {

/// The positions that sliding attention sees; nothing where the model has no window.
std::optional<std::int64_t> read_window(ConfigFields& fields, const Family& family);

/// Reads what layers share once, and no field of a kind of mixer that no layer has.
class LayerMixers {
 public:
  LayerMixers(ConfigFields& fields, const Family& family, const std::vector<LayerParts>& layers);

  Mixer mixer(std::int64_t layer, const LayerParts& parts) const;

 private:
  const Family& family_;
  std::optional<std::int64_t> window_, chunk_;
  Attention attention_;
  PerLayer kv_heads_;
  std::optional<LatentAttention> latent_;
  std::int64_t first_cacheless_layer_ = 0;
  Mixer recurrent_;
  Linear matrix_;
};

}  // namespace calibram
