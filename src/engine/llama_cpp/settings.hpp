// SPDX-License-Identifier: MIT
// What a llama.cpp context is made with, as far as memory depends on it.
#pragma once

#include "src/engine/llama_cpp/release.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// Fields are named as in llama.cpp's include/llama.h where it has them.
struct LlamaCppSettings {
  const llama_cpp::Release* release = nullptr;  ///< what the version does
  bool graph_is_known = false;                  ///< its graph of a micro-batch
  std::int64_t n_batch = 2048;
  std::int64_t n_ubatch = 512;
  bool flash_attention = true;
  std::string type_k, type_v;                ///< formats of the cache; empty: as the question says
  std::int64_t parallel = 1;                 ///< sequences that have slots (n_seq_max)
  bool kv_unified = false;                   ///< one cache for all slots
  bool swa_full = false;                     ///< layers with a window keep the whole context
  bool is_cuda = false;                      ///< the back end; otherwise the host's
  std::optional<std::int64_t> n_gpu_layers;  ///< of the last ones, the head counted; none: all
  std::vector<double> tensor_split;          ///< shares of the cards; empty: equal ones
  bool logits_all = false;                   ///< every token of a batch has logits that are kept
  bool embeddings = false;                   ///< hidden states are kept beside the logits
  std::int64_t n_outputs_max = 0;            ///< tokens of a micro-batch that may have logits; 0: all
};

}  // namespace calibram
