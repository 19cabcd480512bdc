// SPDX-License-Identifier: MIT
// What a llama.cpp context is made with, as far as memory depends on it.
#pragma once

#include <cstdint>

namespace calibram {

struct LlamaCppSettings {
  std::int64_t n_batch = 2048;
  std::int64_t n_ubatch = 512;
  bool flash_attention = true;
  std::int64_t parallel = 1;  ///< sequences that have slots
};

}  // namespace calibram
