// SPDX-License-Identifier: MIT
// What a vLLM server is started with, as far as memory depends on it.
#pragma once

#include <cstdint>

namespace calibram {

struct VllmSettings {
  std::int64_t max_num_batched_tokens = 8192;
  std::int64_t max_num_seqs = 1024;
  std::int64_t block_tokens = 16;
  double gpu_memory_utilization = 0.9;
  std::int64_t device_bytes = 0;  ///< 0: not known
};

}  // namespace calibram
