// SPDX-License-Identifier: MIT
// What each layer of a model asks of vLLM's KV cache.
#pragma once

#include "src/engine/vllm/kv_groups.hpp"

#include <vector>

namespace calibram {

struct LayerKvSpec {
  std::int64_t layer = 0;
  KvSpec spec;
};

/// Of the layers with a cache of their own. Where states and attention stand side by side, attention's blocks
/// are made long enough for a page to hold a state, and states are padded to that page
/// (vllm/model_executor/models/config.py, HybridAttentionMambaModelConfig).
std::vector<LayerKvSpec> kv_specs(const Model& part, const Question& question, const VllmSettings& settings);

}  // namespace calibram
