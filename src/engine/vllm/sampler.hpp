// SPDX-License-Identifier: MIT
// What vLLM's sampler holds of a batch of logits.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/engine/vllm/buffers.hpp"
#include "src/model/model.hpp"

namespace calibram {

struct VllmSampling {
  std::int64_t rows = 0;               ///< sequences
  std::int64_t vocabulary = 0;         ///< that can be sampled
  std::int64_t padded_vocabulary = 0;  ///< columns of the head's product
  std::int64_t element_bytes = 2;      ///< of that product
  bool caps_logits = false;            ///< they are divided, bent by tanh and multiplied (Gemma 2)
};

/// Adds what sampling with a temperature, top-k and top-p holds where it holds most, to the logits' term and,
/// of scratch memory, the workspace's.
void hold_sampler(const VllmSampling& sampling, const Chip& gpu, VllmBuffers& buffers);

/// Whether the model's logits are capped, which makes new tensors of them without the padding.
bool caps_logits(const Model& model);

}  // namespace calibram
