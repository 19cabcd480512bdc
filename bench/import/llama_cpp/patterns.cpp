// SPDX-License-Identifier: MIT
// The one table of llama.cpp's lines; read from its sources of 2025-02, 2025-06, 2026-02 and release v0.5.0.
#include "bench/import/llama_cpp/patterns.hpp"

#include <array>

namespace calibram {
namespace {

constexpr std::array llama_cpp_table = {
    // The version.
    LinePattern{R"(\bbuild: (?P<build>\d+) \([0-9a-f]+\) with )", "common/common.cpp"},
    LinePattern{R"(\bbuild: [0-9a-f]{6,} \((?P<build>\d+)\))", "tools/llama-bench"},
    LinePattern{R"(\bbuild(?:_info)? *: b(?P<build>\d+)-[0-9a-f]+)", "tools/cli, tools/server, from 2026"},
    LinePattern{R"(\bversion: (?P<build>\d+) \([0-9a-f]+\))", "common/arg.cpp, --version"},
    LinePattern{R"(\bversion: v?(?P<release>\d+\.\d+\.\d+)\S* \(build \d+, commit)", "common, from v0.1"},
    LinePattern{R"(\bbuild(?:_info)? *: v(?P<release>\d+\.\d+\.\d+))", "tools/cli, from v0.1"},
    // Memory that is only projected: a load without allocation while parameters are fitted to the device.
    LinePattern{
        R"((?P<fit_begins>fitting params to device memory|getting device memory data for initial parameters))",
        "src/llama.cpp, common/fit.cpp, from 2025-12"},
    LinePattern{
        R"((?P<fit_ends>(?:successfully fit|failed to fit|trying to fit) params|fitting params to free memory took))",
        "src/llama.cpp, common/fit.cpp, from 2025-12"},
    LinePattern{R"(print_info: no_alloc += (?P<no_alloc>[01]))", "src/llama-model.cpp, from 2025-12"},
    // The model.
    LinePattern{
        R"(loaded meta data with \d+ key-value pairs and \d+ tensors from (?P<model>.+) \(version GGUF)",
        "src/llama-model-loader.cpp"},
    LinePattern{R"(\boffloaded (?P<offloaded>\d+)/(?P<layers>\d+) layers to GPU)", "src/llama-model.cpp"},
    LinePattern{R"((?P<weights_buffer>\S+) +model buffer size = +(?P<weights_mib>[0-9.]+) MiB)",
                "src/llama-model.cpp"},
    LinePattern{
        R"(\busing device (?P<device_id>\w+) \((?P<device_name>.+?)\)(?: \([^()]*\))? - \d+ MiB free)",
        "src/llama.cpp"},
    // The context.
    LinePattern{R"(llama_\w+: n_seq_max += (?P<n_seq_max>\d+)\b)", "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"(llama_\w+: n_ctx += (?P<n_ctx>\d+)\b)", "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"(llama_\w+: n_batch += (?P<n_batch>\d+)\b)", "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"(llama_\w+: n_ubatch += (?P<n_ubatch>\d+)\b)", "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"(llama_\w+: flash_attn += (?P<flash_attn>\w+))",
                "src/llama-context.cpp: 0 or 1, from 2025-08 enabled, disabled or auto"},
    LinePattern{R"(llama_\w+: kv_unified += (?P<kv_unified>true|false))",
                "src/llama-context.cpp, from 2025-07"},
    LinePattern{R"(llama_\w+: n_outputs_max += (?P<n_outputs_max>\d+)\b)",
                "src/llama-context.cpp, from 2026"},
    LinePattern{R"((?P<swa_full>using full-size SWA cache))", "src/llama-kv-cache-iswa.cpp"},
    LinePattern{R"(Flash Attention was auto, set to (?P<flash_attn_set>enabled|disabled))",
                "src/llama-context.cpp, from 2025-08"},
    LinePattern{R"((?P<kv_buffer>\S+) +(?:KV|RS|DSV4 \S+ state) buffer size = +(?P<kv_mib>[0-9.]+) MiB)",
                "src/llama-kv-cache*.cpp, src/llama-memory-recurrent.cpp"},
    LinePattern{R"(\bK \((?P<type_k>\w+)\): +[0-9.]+ MiB, V \((?P<type_v>\w+)\):)",
                "src/llama-kv-cache*.cpp"},
    LinePattern{R"(type_k = '(?P<type_k>\w+)', type_v = '(?P<type_v>\w+)')",
                "src/llama-kv-cache.cpp, early 2025"},
    LinePattern{R"((?P<output_buffer>\S+) +output buffer size = +(?P<output_mib>[0-9.]+) MiB)",
                "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"((?P<compute_buffer>\S+) +compute buffer size = +(?P<compute_mib>[0-9.]+) MiB)",
                "src/llama-context.cpp; src/llama.cpp"},
    LinePattern{R"((?P<compute_buffer>\S+) +compute buffer size (?:is|of) +(?P<compute_mib>[0-9.]+) MiB)",
                "src/llama-context.cpp, from 2025-12, when the context ends: four decimals"},
    // The table at the end: whole MiB.
    LinePattern{
        R"(\|   - (?P<row_name>\S.*?) +\| *\d+ = +-?\d+ \+ \( *\d+ = +(?P<row_model>\d+) \+ +(?P<row_context>\d+) \+ +(?P<row_compute>\d+)\))",
        "llama_memory_breakdown_print, common_memory_breakdown_print, from 2025-09: a device"},
    LinePattern{
        R"(\|   - (?P<row_name>\S.*?) +\| +\d+ = +(?P<row_model>\d+) \+ +(?P<row_context>\d+) \+ +(?P<row_compute>\d+) +\|)",
        "llama_memory_breakdown_print, common_memory_breakdown_print, from 2025-09: the host"},
    // Ends.
    LinePattern{
        R"((?P<out_of_memory>(?:cudaMalloc|hipMalloc) failed: out of memory|CUDA error: out of memory|ErrorOutOfDeviceMemory|failed to allocate (?:compute (?:pp|tg) buffers|buffer for (?:kv|rs) cache|\S+ buffer of size)|unable to allocate \S+ buffer))",
        "ggml/src/ggml-cuda, ggml/src/ggml-backend.cpp, src/llama-context.cpp, src/llama-model.cpp"},
};

}  // namespace

std::span<const LinePattern> llama_cpp_patterns() { return llama_cpp_table; }

}  // namespace calibram
