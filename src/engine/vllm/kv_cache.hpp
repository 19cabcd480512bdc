// SPDX-License-Identifier: MIT
// From bytes to the blocks and tokens of vLLM's KV cache, and back.
#pragma once

#include "src/engine/question.hpp"

#include <vector>

namespace calibram {

/// What `batch` requests of the workload's length take on each device, as vLLM reckons it for a request:
/// whole pages, and for windows the tokens of a step besides. @throws InputError as vllm_kv_groups
std::vector<Bytes> vllm_kv_bytes(const Question& question, const Runtime& runtime);

/// What a start-up log tells of its cache, as Runtime::cache_room: "GPU KV cache size: N tokens"
/// (kv_cache_utils.py, _report_kv_cache_config) and "Maximum concurrency for N tokens per request"
/// (get_max_concurrency_for_kv_cache_config).
/// @throws InputError when max_model_len does not fit, as vLLM does not start then, with the longest context
/// that does, or when the model keeps no cache
CacheRoom vllm_cache_room(const Question& question, const Runtime& runtime, Bytes available);

}  // namespace calibram
