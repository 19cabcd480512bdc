// SPDX-License-Identifier: MIT
// The versions and options of vLLM that are known.
#include "src/engine/vllm/runtime.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/engine/runtime_options.hpp"
#include "src/engine/vllm/count.hpp"
#include "src/engine/vllm/kv_cache.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

// One interval so far. What would differ outside it: until 0.17 mixtures of experts ran in chunks of tokens
// (VLLM_FUSED_MOE_CHUNK_SIZE, removed by vllm#34086, 2026-03-12); after 0.19 came PyTorch 2.11 (vllm#34644),
// FlashInfer's sampler by default (vllm#40376), and the memory of CUDA graphs taken off the KV cache.
constexpr VersionRange known_versions{"vllm", {0, 19, 0}, {0, 20, 0}, "0.19", "0.19.0"};

constexpr std::string_view known_options =
    "max_num_batched_tokens; max_num_seqs; block_size=16|32|64|128; gpu_memory_utilization (up to 1); "
    "device_bytes; usage=server|llm; enforce_eager=on|off; chunked_prefill=on|off; expert_parallel=on|off; "
    "hybrid_kv_cache=on|off; language_model_only=on|off";

constexpr std::array switches = {OptionWord{"on", true}, OptionWord{"off", false}};
constexpr std::array usages = {OptionWord{"server", VllmUsage::server}, OptionWord{"llm", VllmUsage::llm}};
// FlashAttention takes multiples of 16 (vllm/v1/attention/backends/flash_attn.py).
constexpr std::array<OptionWord<std::int64_t>, 4> block_sizes = {
    {{"16", 16}, {"32", 32}, {"64", 64}, {"128", 128}}};

constexpr std::int64_t most_tokens = 1 << 24;
constexpr std::int64_t most_sequences = 1 << 20;
constexpr std::int64_t most_device_bytes = std::int64_t{1} << 44;

/// vllm/config/cache.py: gpu_memory_utilization is more than 0 and at most 1.
double utilisation(OptionReader& options, double otherwise) {
  const double share = options.number("gpu_memory_utilization", otherwise, lowest_number, highest_number);
  if (share > 0 && share <= 1) return share;
  throw InputError{fmt::format("gpu_memory_utilization is {}", share),
                   share > 1 ? "vLLM cannot use more than the whole device, which is 1"
                             : "it is the share of the device that vLLM may use",
                   "give a number above 0 and up to 1, such as 0.9"};
}

VllmSettings read_settings(OptionReader& options) {
  VllmSettings settings;
  settings.max_num_batched_tokens = options.integer("max_num_batched_tokens", 0, 1, most_tokens);
  settings.max_num_seqs = options.integer("max_num_seqs", 0, 1, most_sequences);
  settings.block_tokens = options.word("block_size", block_sizes, settings.block_tokens);
  settings.gpu_memory_utilization = utilisation(options, settings.gpu_memory_utilization);
  settings.device_bytes = options.integer("device_bytes", 0, 1, most_device_bytes);
  settings.usage = options.word("usage", usages, settings.usage);
  settings.compiles = !options.word("enforce_eager", switches, false);
  settings.chunked_prefill = options.word("chunked_prefill", switches, true);
  settings.expert_parallel = options.word("expert_parallel", switches, false);
  settings.hybrid_kv_cache = options.word("hybrid_kv_cache", switches, true);
  settings.language_model_only = options.word("language_model_only", switches, false);
  options.finish();
  return settings;
}

Runtime resolve(const RuntimeRequest& request) {
  Runtime runtime;
  runtime.name = request.name;
  runtime.version = known_versions.require(request.version);
  OptionReader options{request.name, request.options, known_options};
  const VllmSettings settings = read_settings(options);
  runtime.settings = settings;
  runtime.counted = {Metric::weights, Metric::kv_cache, Metric::activation, Metric::allocated};
  runtime.count = count_vllm;
  runtime.cache_room = vllm_cache_room;
  runtime.cache_growth = CacheGrowth::paged;
  runtime.cache_block_tokens = settings.block_tokens;
  runtime.allocator = AllocatorKind::caching;
  runtime.counts_gemm_workspace = true;
  return runtime;
}

}  // namespace

RuntimeFamily vllm_family() {
  return {
      "vllm",
      known_versions.people,
      known_options,
      "activation is the peak of the start-up profile run (max_num_batched_tokens through the model, then "
      "max_num_seqs rows through the sampler); the KV cache is paged",
      "github.com/vllm-project/vllm 0.19.0: vllm/v1/worker/gpu_worker.py, gpu_model_runner.py, "
      "vllm/v1/sample, vllm/v1/core/kv_cache_utils.py",
      resolve};
}

}  // namespace calibram
