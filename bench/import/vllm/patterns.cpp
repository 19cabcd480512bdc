// SPDX-License-Identifier: MIT
// The one table of vLLM's start-up lines; read from vllm-project/vllm at 0.6.2, 0.7.3, 0.19.0 and May 2026.
#include "bench/import/vllm/patterns.hpp"

#include <array>

namespace calibram {
namespace {

// "V0" is the engine of vllm/worker/, "V1" that of vllm/v1/.
constexpr std::array vllm_table = {
    // Versions and settings.
    LinePattern{
        R"((?P<server>vLLM (?:API server|batch processing API|server) version) v?(?P<version>[0-9][\w.+]*))",
        "entrypoints/openai/api_server.py, run_batch.py; entrypoints/utils.py log_version_and_model"},
    LinePattern{R"(\x96\x88 +(?P<server>version) +v?(?P<version>[0-9][\w.+]*))",
                "the logo of entrypoints/utils.py, from 0.12"},
    LinePattern{R"((?P<arguments>non-default args|\] args): *(?P<pairs>[{N].*))",
                "entrypoints/utils.py log_non_default_args; api_server.py before 0.9"},
    LinePattern{
        R"((?P<engine>Initializing an? (?:V\d )?LLM engine) \(v?(?P<version>[0-9][\w.+]*)\) with config: *(?P<config>.*))",
        "engine/llm_engine.py (V0), v1/engine/core.py"},
    LinePattern{R"(Using max model len (?P<max_seq_len>\d+)\b)", "config/model.py, from 0.9"},
    LinePattern{R"(Auto-fit max_model_len: reduced from \d+ to (?P<fitted_len>\d+) to fit)",
                "v1/core/kv_cache_utils.py, from 0.15"},
    LinePattern{R"(Chunked prefill is enabled with max_num_batched_tokens=(?P<max_num_batched_tokens>\d+)\b)",
                "config/scheduler.py"},
    LinePattern{R"(Defaulting max_num_batched_tokens to (?P<max_num_batched_tokens>\d+) for )",
                "engine/arg_utils.py, DEBUG, where the user gave none"},
    LinePattern{R"(Defaulting max_num_seqs to (?P<max_num_seqs>\d+) for )",
                "engine/arg_utils.py, DEBUG, where the user gave none"},
    LinePattern{R"(Using scheme: (?P<scheme>CompressedTensors\w+) for )",
                "model_executor/layers/quantization/compressed_tensors/compressed_tensors.py, DEBUG"},
    LinePattern{R"((?P<hybrid_is_off>Hybrid KV cache manager is disabled))", "v1/core/kv_cache_utils.py"},
    LinePattern{R"((?P<drafter>Loading drafter model))", "v1/worker/gpu_model_runner.py"},
    LinePattern{R"((?P<graphs_are_taken_off>CUDA graph memory profiling is enabled))",
                "v1/worker/gpu_worker.py, from 0.18; by default from 0.21"},
    LinePattern{R"(current --gpu-memory-utilization=(?P<gpu_memory_utilization>[0-9.]+) is equivalent)",
                "v1/worker/gpu_worker.py, from 0.18"},
    LinePattern{R"(--gpu-memory-utilization from (?P<gpu_memory_utilization>[0-9.]+) to [0-9.]+)",
                "v1/worker/gpu_worker.py, from 0.18"},
    // Weights.
    LinePattern{R"(Loading model weights took (?P<weights_gib>-?[0-9.]+) GB\b)",
                "worker/model_runner.py before 0.8: GB means 2^30"},
    LinePattern{R"(Model loading took (?P<weights_gib>-?[0-9.]+) G[iB]B?\b)",
                "gpu_model_runner.py, from 0.7.3"},
    LinePattern{R"(model weights take (?P<weights_gib>-?[0-9.]+)GiB)",
                "worker/worker.py (V0), 0.6.5 to 0.10"},
    LinePattern{R"([^-]weights memory: (?P<weights_gib>-?[0-9.]+) ?GiB)", "utils/mem_utils.py, DEBUG"},
    // The profile run.
    LinePattern{
        R"(total_gpu_memory \((?P<total_gib>[0-9.]+)GiB\) x gpu_memory_utilization \((?P<gpu_memory_utilization>[0-9.]+)\))",
        "worker/worker.py (V0), 0.6.5 to 0.10"},
    LinePattern{
        R"(non_torch_memory takes (?P<other_gib>-?[0-9.]+)GiB; PyTorch activation peak memory takes (?P<activation_gib>-?[0-9.]+)GiB)",
        "worker/worker.py (V0), 0.6.5 to 0.10"},
    LinePattern{R"(the rest of the memory reserved for KV Cache is (?P<kv_available_gib>-?[0-9.]+)GiB)",
                "worker/worker.py (V0), 0.6.5 to 0.10"},
    LinePattern{R"(torch peak memory increase: (?P<activation_gib>-?[0-9.]+) ?GiB)",
                "utils/mem_utils.py, DEBUG"},
    LinePattern{R"(non-torch forward increase memory: (?P<other_gib>-?[0-9.]+) ?GiB)",
                "utils/mem_utils.py, DEBUG"},
    LinePattern{R"(Initial free memory: (?P<free_gib>[0-9.]+) ?GiB)", "v1/worker/gpu_worker.py, DEBUG"},
    LinePattern{
        R"(Requested memory: (?P<gpu_memory_utilization>[0-9.]+) \(util\)(?:, (?P<requested_gib>[0-9.]+) GiB)?)",
        "v1/worker/gpu_worker.py, DEBUG"},
    LinePattern{R"(Total non KV cache memory: (?P<taken_gib>[0-9.]+) ?GiB)", "utils/mem_utils.py, DEBUG"},
    LinePattern{R"(worker init memory snapshot: .*\btotal_memory=(?P<total_gib>[0-9.]+) ?GiB)",
                "v1/worker/gpu_worker.py, DEBUG"},
    LinePattern{
        R"(Free memory on device[ \w:]*\((?P<free_gib>[0-9.]+)/(?P<total_gib>[0-9.]+) GiB\) on startup\.)",
        "v1/worker/gpu_worker.py, DEBUG, INFO from 0.25"},
    LinePattern{R"(Free memory on device[ \w:]*\([0-9.]+/(?P<total_gib>[0-9.]+) GiB\) on startup is less)",
                "v1/worker/utils.py request_memory: an error, as others hold the memory"},
    LinePattern{R"([Dd]esired GPU memory utilization (?:is )?\((?P<gpu_memory_utilization>[0-9.]+), )",
                "v1/worker/gpu_worker.py"},
    LinePattern{
        R"(Actual usage is (?P<weights_gib>-?[0-9.]+) GiB for weight, (?P<activation_gib>-?[0-9.]+) GiB for peak activation, (?P<other_gib>-?[0-9.]+) GiB for non-torch memory, and (?P<graphs_gib>-?[0-9.]+) GiB for CUDAGraph memory)",
        "v1/worker/gpu_worker.py, DEBUG, INFO from 0.25"},
    LinePattern{R"(Available KV cache memory: (?P<kv_available_gib>-?[0-9.]+) ?GiB)",
                "v1/worker/gpu_worker.py"},
    LinePattern{
        R"(reserved (?P<kv_given_gib>[0-9.]+) ?GiB memory for KV Cache as specified by kv_cache_memory_bytes)",
        "v1/worker/gpu_worker.py, from 0.10"},
    // The KV cache and the graphs.
    LinePattern{R"(GPU KV cache size: (?P<kv_tokens>[0-9,]+) tokens)", "v1/core/kv_cache_utils.py"},
    LinePattern{R"(# (?:GPU|CUDA|cuda) blocks: (?P<blocks>\d+), # CPU blocks)",
                "executor/executor_base.py (V0)"},
    LinePattern{
        R"(Maximum concurrency for (?P<max_seq_len>[0-9,]+) tokens per request: (?P<concurrency>[0-9.]+)x)",
        "executor/executor_base.py (V0), v1/core/kv_cache_utils.py"},
    LinePattern{R"(Graph capturing finished in [0-9.]+ secs?, took (?P<graphs_gib>-?[0-9.]+) GiB)",
                "worker/model_runner.py (V0), v1/worker/gpu_model_runner.py"},
    LinePattern{R"(CUDA graph pool memory: (?P<graphs_gib>-?[0-9.]+) GiB \(actual\))",
                "v1/worker/gpu_worker.py, from 0.17"},
    // Ends.
    LinePattern{R"((?P<ready>init engine \(profile, create kv cache, warmup model\) took))",
                "engine/llm_engine.py (V0), v1/engine/core.py"},
    LinePattern{R"((?P<out_of_memory>(?:CUDA|HIP|XPU) out of memory\. Tried to allocate [0-9.]+ [KMGT]iB))",
                "PyTorch, c10/cuda/CUDACachingAllocator.cpp"},
    LinePattern{R"(has a total capacity of (?P<total_gib>[0-9.]+) GiB)",
                "PyTorch, c10/cuda/CUDACachingAllocator.cpp, from 2.1"},
    LinePattern{
        R"((?P<refused>No available memory for the cache blocks|(?:is )?larger than the (?:available KV cache memory|maximum number of tokens that can be stored)|is less than desired GPU memory utilization))",
        "v1/core/kv_cache_utils.py, worker/worker.py, v1/worker/utils.py"},
    LinePattern{R"((?P<refused>\d+ is not divisible by \d+))",
                "distributed/utils.py ensure_divisibility, of a tensor split"},
    LinePattern{
        R"((?P<refused>User-specified max_model_len \(\d+\) is greater than the derived max_model_len))",
        "config/model.py"},
    LinePattern{R"((?P<refused>DP adjusted local rank \d+ is out of bounds))", "v1/worker/gpu_worker.py"},
    LinePattern{
        R"((?P<refused>model type .[\w.-]{1,64}. but Transformers does not recognize this architecture))",
        "transformers, configuration_auto.py"},
    LinePattern{R"((?P<refused>couldn't connect to '[^']{1,200}' to load the files))",
                "transformers, utils/hub.py"},
    LinePattern{R"((?P<refused>CUDA out of memory occurred when warming up sampler with \d+ dummy requests))",
                "v1/worker/gpu_model_runner.py _dummy_sampler_run"},
};

}  // namespace

std::span<const LinePattern> vllm_patterns() { return vllm_table; }

}  // namespace calibram
