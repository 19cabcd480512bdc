// SPDX-License-Identifier: MIT
// What vLLM's profile run holds at its peak: the largest step through the model, then through the sampler.
#pragma once

#include "src/engine/vllm/buffers.hpp"
#include "src/engine/vllm/stages.hpp"

namespace calibram {

/// The peak by terms: `activation`, `logits` and `workspace`; their sum is what vLLM reports as the increase
/// of PyTorch's allocated bytes (gpu_worker.py, determine_available_memory). Weights and KV cache are no part
/// of it: there is none of the latter yet, so attention only fills its output with zeros.
VllmBuffers vllm_profile_peak(const Question& question, const Runtime& runtime, const VllmStage& stage);

}  // namespace calibram
