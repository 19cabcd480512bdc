// SPDX-License-Identifier: MIT
// The parts of a config.json's layers that follow for each token alone.
#pragma once

#include "src/model/config/family.hpp"
#include "src/model/config/fields.hpp"
#include "src/model/config/layer_rules.hpp"

#include <cstdint>
#include <vector>

namespace calibram {

/// Reads what layers share once, and no field of a kind of part that no layer has.
class LayerFeedForwards {
 public:
  LayerFeedForwards(ConfigFields& fields, const Family& family, const std::vector<LayerParts>& layers);

  FeedForward feed_forward(std::int64_t layer, const LayerParts& parts) const;

 private:
  void read_experts(ConfigFields& fields, const ExpertFields& names, std::int64_t layers);

  Mlp mlp_;  ///< without its width
  PerLayer mlp_width_;
  Experts experts_;  ///< without the numbers that may differ
  PerLayer active_, expert_width_, shared_count_, shared_width_;
};

}  // namespace calibram
