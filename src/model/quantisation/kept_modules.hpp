// SPDX-License-Identifier: MIT
// Which weights of a model a list of module names means, as quantisation configs write such lists.
#pragma once

#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <span>
#include <string>
#include <vector>

namespace calibram {

/// Weights that are named for every layer that has them. What is named for some layers only counts as named
/// when these are the most; a remark says so.
struct NamedWeights {
  WeightNames names;
  std::vector<std::string> remarks;
};

/// Entries are module names or parts of them ("lm_head", "mlp.gate", "model.layers.0.mlp.down_proj"), globs
/// ("model.layers.*.self_attn", modelopt) or regular expressions ("re:.*self_attn.*", compressed-tensors).
/// Names that are no weights of the model are passed over: norms, routers, towers.
NamedWeights named_weights(std::span<const std::string> entries, const Model& model);

}  // namespace calibram
