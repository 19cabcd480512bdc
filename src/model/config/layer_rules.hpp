// SPDX-License-Identifier: MIT
// Which layer of a model has which parts, by the rules of its family and the arrays in its config.json.
#pragma once

#include "src/model/config/family.hpp"
#include "src/model/config/fields.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace calibram {

/// What one layer consists of, and the sizes that a block of its own gives it.
struct LayerParts {
  MixerKind mixer = MixerKind::attention;
  FeedForwardKind feed_forward = FeedForwardKind::dense;
  std::optional<std::int64_t> kv_heads = {};
  std::optional<std::int64_t> mlp_width = {};
};

/// One entry per layer.
/// @param has_window  false: what would be sliding attention is attention
std::vector<LayerParts> layer_parts(ConfigFields& fields, const Family& family, std::int64_t layers,
                                    bool has_window);

/// Whether the model has a mixture of experts at all; families of mixtures have dense models too.
bool has_experts(ConfigFields& fields, const Family& family);

}  // namespace calibram
