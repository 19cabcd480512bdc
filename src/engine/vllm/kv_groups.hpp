// SPDX-License-Identifier: MIT
// How vLLM shares the pages of its KV cache between the layers of a model.
#pragma once

#include "src/engine/question.hpp"

#include <vector>

namespace calibram {

enum class KvKind : unsigned char {
  full,    ///< keeps every token
  window,  ///< a sliding window
  chunk,   ///< the tokens of the current chunk
  state,   ///< the recurrent state of a sequence
};

/// What one layer needs pages for.
struct KvSpec {
  KvKind kind = KvKind::full;
  std::int64_t visible_tokens = 0;  ///< of a window or chunk
  std::int64_t block_tokens = 0;    ///< that a page holds
  Bytes page;

  bool operator==(const KvSpec&) const = default;
  /// Pages that vLLM sets aside for one request of `tokens`, of which a step takes `step_tokens` at most.
  /// Source: vllm/v1/kv_cache_interface.py, max_memory_usage_bytes
  std::int64_t pages(std::int64_t tokens, std::int64_t step_tokens) const;
};

/// Layers that share one table of pages.
struct KvGroup {
  KvSpec spec;
  std::vector<std::int64_t> layers;  ///< their numbers in the model
};

struct KvGroups {
  std::vector<KvGroup> groups;  ///< empty for a model without a cache
  /// Of every layer of the model; zero for those without a cache. In one group alone they may differ.
  std::vector<Bytes> layer_pages;

  /// Pages, of one size, in all groups, for a request.
  std::int64_t blocks(std::int64_t tokens, std::int64_t step_tokens) const;
  /// What one block takes on a device that holds the layers from `first` to before `end`.
  Bytes block_bytes(std::int64_t first, std::int64_t end) const;
  /// Tokens of the smallest page.
  std::int64_t block_tokens() const;
};

/// Groups as vllm/v1/core/kv_cache_utils.py, get_kv_cache_groups makes them. Of a tensor split: for one
/// device's heads. @throws InputError where vLLM would refuse
KvGroups vllm_kv_groups(const Question& question, const VllmSettings& settings);

}  // namespace calibram
