// SPDX-License-Identifier: MIT
// The weights as vLLM holds them: merged projections, a padded vocabulary, rotary tables.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/engine/vllm/buffers.hpp"
#include "src/engine/vllm/stages.hpp"

namespace calibram {

/// What loading the stage's part leaves in PyTorch's caching allocator, which vLLM logs as "Model loading
/// took". The layout of some formats depends on the card.
/// @throws InputError when the format has no exact bytes, or on overflow
VllmBlocks vllm_weight_blocks(const VllmStage& stage, const Format& format, const Chip& gpu);

}  // namespace calibram
