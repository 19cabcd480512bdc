// SPDX-License-Identifier: MIT
// What one layer of a vLLM model holds at its peak.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/engine/vllm/buffers.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

namespace calibram {

/// One step through the layers of a device.
struct VllmStep {
  const Model& model;     ///< the device's part
  const Format& weights;  ///< of the matrices
  const Chip& gpu;
  std::int64_t tokens = 0;
  bool compiles = true;  ///< pieces between attentions are compiled (piecewise torch.compile)
  std::int64_t latent_context_tokens = 0;  ///< whose keys and values latent attention expands at once
  std::int64_t element_bytes = 2;
};

/// The instant of a step through this layer that holds most; memory that outlives the layer is no part of it.
VllmBuffers vllm_layer_peak(const VllmStep& step, const Layer& layer);

/// The two workspaces of a mixture of experts, which all layers share and which stay; nothing for other
/// layers. Source: vllm/model_executor/layers/fused_moe/modular_kernel.py (_allocate_buffers), fused_moe.py
/// (TritonExperts.workspace_shapes), vllm/v1/worker/workspace.py
Bytes vllm_expert_workspace(const VllmStep& step, const Layer& layer);

}  // namespace calibram
