// SPDX-License-Identifier: MIT
// The card that a question about vLLM means.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/engine/question.hpp"

namespace calibram {

/// A card that is not known is taken for an H100.
inline const Chip& vllm_card(const Question& question) {
  const Chip* gpu = find_gpu(question.device);
  return gpu ? *gpu : *find_gpu("H100");
}

}  // namespace calibram
