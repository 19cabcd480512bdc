// SPDX-License-Identifier: MIT
// accelerate's balanced device map, followed module by module.
#include "src/engine/transformers/device_map.hpp"

#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace calibram {
namespace {

/// The modules that are placed whole, by bytes, and the mean of all that have no modules within.
struct ModuleSizes {
  std::int64_t embedding = 0, head = 0, all = 0, largest_layer = 0, mean_leaf = 0;
  std::vector<std::int64_t> layers;
};

/// Of a file whose tensors are taken as they are; what is outside the layers counts as one head.
ModuleSizes stored_sizes(const Model& model) {
  ModuleSizes sizes;
  sizes.layers.resize(static_cast<std::size_t>(layer_count(model)), 0);
  for (const StoredTensor& tensor : model.stored->tensors) {
    const std::optional<std::int64_t> layer = layer_of(tensor.name);
    const bool is_within = layer && std::cmp_less(*layer, sizes.layers.size());
    (is_within ? sizes.layers[static_cast<std::size_t>(*layer)] : sizes.head) += tensor.bytes.count();
    sizes.all += tensor.bytes.count();
  }
  sizes.largest_layer = *std::max_element(sizes.layers.begin(), sizes.layers.end());
  return sizes;
}

ModuleSizes module_sizes(const Model& model, const Format& weights) {
  if (is_as_stored(weights)) return stored_sizes(model);
  ModuleSizes sizes;
  std::int64_t leaves = 0;
  const auto add = [&](const WeightShape& shape) {
    const std::int64_t bytes = weight_bytes(weights, shape).count();
    sizes.all += bytes;
    // A bias belongs to its matrix's module.
    if (shape.rows > 1 || shape.name == WeightName::final_norm) leaves += shape.count;
    return bytes;
  };
  for (const WeightShape& shape : outer_weights(model)) {
    const std::int64_t bytes = add(shape);
    (shape.name == WeightName::embedding ? sizes.embedding : sizes.head) += bytes;
  }
  for (const LayerRun& run : model.layers)
    for (std::int64_t i = 0; i < run.count; ++i) {
      std::int64_t layer = 0;
      for (const WeightShape& shape : layer_weights(model, run.layer)) layer += add(shape);
      sizes.layers.push_back(layer);
      sizes.largest_layer = std::max(sizes.largest_layer, layer);
    }
  sizes.mean_leaf = sizes.all / std::max<std::int64_t>(leaves, 1);
  return sizes;
}

}  // namespace

std::vector<std::int64_t> balanced_layers(const Model& model, const Format& weights, int devices) {
  const ModuleSizes sizes = module_sizes(model, weights);
  const std::int64_t buffer = std::max(sizes.largest_layer, sizes.mean_leaf) * 5 / 4;
  const std::int64_t room = sizes.all / devices + buffer;
  const std::int64_t kept_free = std::max({sizes.embedding, sizes.head, sizes.largest_layer});
  std::vector<std::int64_t> counts(static_cast<std::size_t>(devices), 0);
  std::size_t device = 0;
  std::int64_t used = sizes.embedding;
  for (const std::int64_t layer : sizes.layers) {
    const std::int64_t limit = device == 0 ? room - kept_free : room;
    if (device + 1 < counts.size() && used + layer > limit) {
      ++device;
      used = 0;
    }
    ++counts[device];
    used += layer;
  }
  return counts;
}

}  // namespace calibram
