// SPDX-License-Identifier: MIT
// How many tokens and sequences one step of vLLM takes at most.
#pragma once

#include "src/engine/question.hpp"

namespace calibram {

struct VllmBatchLimits {
  std::int64_t tokens = 0;     ///< max_num_batched_tokens
  std::int64_t sequences = 0;  ///< max_num_seqs

  bool operator==(const VllmBatchLimits&) const = default;
};

/// max_model_len: the context of the workload, else as far as the model's positions go.
std::int64_t vllm_max_model_len(const Question& question);

/// The limits as given, else vLLM's defaults for this card and way of use.
/// @throws InputError where vLLM would not start with them
VllmBatchLimits vllm_batch_limits(const Question& question, const VllmSettings& settings);

}  // namespace calibram
