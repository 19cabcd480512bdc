// SPDX-License-Identifier: MIT
// Spreads layers over cards and host.
#include "src/engine/llama_cpp/placement.hpp"

#include <algorithm>

namespace calibram::llama_cpp {

Placement place(const Model& model, const LlamaCppSettings& settings, int cards) {
  const std::int64_t layers = layer_count(model);
  Placement placement;
  placement.has_cards = settings.is_cuda;
  placement.host = settings.is_cuda ? static_cast<std::size_t>(cards) : 0;
  placement.layers.assign(static_cast<std::size_t>(layers), placement.host);
  placement.head = placement.host;
  if (!settings.is_cuda) return placement;
  // llama.cpp computes the shares in single precision, and a layer on the border goes by it.
  std::vector<float> ends(placement.host, 1.0F);
  for (std::size_t i = 0; i < ends.size() && i < settings.tensor_split.size(); ++i)
    ends[i] = static_cast<float>(settings.tensor_split[i]);
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  const float sum = ends.back();
  for (float& end : ends) end /= sum;
  const std::int64_t offloaded = std::min(settings.n_gpu_layers.value_or(layers + 1), layers + 1);
  const std::int64_t first = layers + 1 - offloaded;
  for (std::int64_t i = first; i <= layers; ++i) {
    const float share = static_cast<float>(i - first) / static_cast<float>(offloaded);
    const auto card =
        static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), share) - ends.begin());
    (i == layers ? placement.head : placement.layers[static_cast<std::size_t>(i)]) = card;
  }
  return placement;
}

}  // namespace calibram::llama_cpp
