// SPDX-License-Identifier: MIT
// What a vLLM server is started with, as far as memory depends on it.
#pragma once

#include <cstdint>

namespace calibram {

/// How vLLM is used, on which its defaults depend.
enum class VllmUsage : unsigned char {
  server,  ///< `vllm serve`
  llm,     ///< the class LLM, offline
};

/// As asked for; vllm_batch_limits() puts vLLM's defaults in the place of zeros.
struct VllmSettings {
  std::int64_t max_num_batched_tokens = 0;  ///< 0: vLLM's default
  std::int64_t max_num_seqs = 0;            ///< 0: vLLM's default
  std::int64_t block_tokens = 16;
  double gpu_memory_utilization = 0.9;
  std::int64_t device_bytes = 0;  ///< 0: not known
  VllmUsage usage = VllmUsage::server;
  bool compiles = true;              ///< torch.compile and CUDA graphs; false: enforce_eager
  bool language_model_only = false;  ///< of a multimodal model, only the text part is loaded
  bool chunked_prefill = true;
  bool expert_parallel = false;
  bool hybrid_kv_cache = true;  ///< false: windowed layers are given blocks for the whole context
};

}  // namespace calibram
