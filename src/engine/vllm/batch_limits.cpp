// SPDX-License-Identifier: MIT
// vLLM's default limits of a step and its checks of them.
#include "src/engine/vllm/batch_limits.hpp"

#include "src/core/error.hpp"
#include "src/engine/gpu.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// Source: vllm/engine/arg_utils.py, get_batch_defaults.
constexpr std::int64_t large_card_bytes = std::int64_t{70} << 30;

bool is_large_card(const Question& question, const VllmSettings& settings) {
  const Chip* gpu = find_gpu(question.device);
  if (gpu && gpu->name == "A100") return false;
  if (settings.device_bytes > 0) return settings.device_bytes >= large_card_bytes;
  return gpu && gpu->compute_capability == hopper;  // none of them has less than 80 GB
}

VllmBatchLimits default_limits(const Question& question, const VllmSettings& settings) {
  const bool is_server = settings.usage == VllmUsage::server;
  if (is_large_card(question, settings)) return {is_server ? 8192 : 16384, 1024};
  return {is_server ? 2048 : 8192, 256};
}

}  // namespace

std::int64_t vllm_max_model_len(const Question& question) {
  if (question.workload.context) return *question.workload.context;
  return std::max(question.model->max_positions, question.workload.context_tokens());
}

// Source: vllm/engine/arg_utils.py, _set_default_max_num_seqs_and_batched_tokens_args; the checks are those
// of vllm/config/scheduler.py, verify_max_model_len.
VllmBatchLimits vllm_batch_limits(const Question& question, const VllmSettings& settings) {
  const std::int64_t longest = vllm_max_model_len(question);
  VllmBatchLimits limits = default_limits(question, settings);
  if (settings.max_num_seqs > 0) limits.sequences = settings.max_num_seqs;
  if (settings.max_num_batched_tokens > 0) {
    limits.tokens = settings.max_num_batched_tokens;
  } else {
    if (!settings.chunked_prefill) limits.tokens = std::max(limits.tokens, longest);
    limits.tokens = std::min(limits.tokens, checked_product({limits.sequences, longest}));
  }
  if (settings.max_num_seqs == 0) limits.sequences = std::min(limits.sequences, limits.tokens);
  if (limits.tokens < longest && !settings.chunked_prefill)
    throw InputError{fmt::format("max_num_batched_tokens is {}", limits.tokens),
                     fmt::format("without chunked prefill a prompt of up to {} tokens must fit it", longest),
                     fmt::format("give at least {}, a context of at most {}, or chunked_prefill=on", longest,
                                 limits.tokens)};
  if (limits.tokens < limits.sequences)
    throw InputError{
        fmt::format("max_num_batched_tokens is {}", limits.tokens),
        fmt::format("max_num_seqs is {}, and each sequence takes a token of a step", limits.sequences),
        fmt::format("give at least {} tokens, or at most {} sequences", limits.sequences, limits.tokens)};
  return limits;
}

}  // namespace calibram
