// SPDX-License-Identifier: MIT
// The options of llama.cpp and what they exclude.
#include "src/engine/llama_cpp/runtime.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/words.hpp"
#include "src/engine/llama_cpp/count.hpp"
#include "src/engine/runtime_options.hpp"
#include "src/model/format.hpp"

#include <fmt/format.h>

#include <numeric>

namespace calibram {
namespace {

constexpr std::string_view known_options =
    "ubatch=N; n_batch=N; flash_attn=on|off|auto; type_k, "
    "type_v=f32|f16|bf16|q8_0|q4_0|q4_1|iq4_nl|q5_0|q5_1; "
    "parallel=N; kv_unified=on|off; swa_full=on|off; backend=cpu|cuda; ngl=N; tensor_split=A,B,...; "
    "logits_all=on|off; embeddings=on|off; n_outputs_max=N";

enum class Flash : unsigned char { off, on, automatic };
constexpr std::array flashes = {OptionWord{"on", Flash::on}, OptionWord{"off", Flash::off},
                                OptionWord{"auto", Flash::automatic}};
constexpr std::array switches = {OptionWord{"on", true}, OptionWord{"off", false}, OptionWord{"1", true},
                                 OptionWord{"0", false}};
constexpr std::array backends = {OptionWord{"cpu", false}, OptionWord{"cuda", true}};
/// kv_cache_types of common/arg.cpp
constexpr std::array<OptionWord<std::string_view>, 9> cache_types = {{{"f32", "f32"},
                                                                      {"f16", "f16"},
                                                                      {"bf16", "bf16"},
                                                                      {"q8_0", "q8_0"},
                                                                      {"q4_0", "q4_0"},
                                                                      {"q4_1", "q4_1"},
                                                                      {"iq4_nl", "iq4_nl"},
                                                                      {"q5_0", "q5_0"},
                                                                      {"q5_1", "q5_1"}}};
constexpr std::int64_t most_sequences = 256;  ///< LLAMA_MAX_SEQ of src/llama-cparams.h
constexpr std::int64_t largest_batch = 1 << 24;

std::vector<double> read_shares(std::string_view text) {
  std::vector<double> shares;
  if (text.empty()) return shares;
  for (const std::string_view share : split(text, ','))
    shares.push_back(require_number("each share of option tensor_split", share, 0, 1e9));
  if (std::accumulate(shares.begin(), shares.end(), 0.0) <= 0)
    throw InputError{"option tensor_split gives every card nothing", "", "write tensor_split=1,1, say"};
  return shares;
}

void check(const LlamaCppSettings& settings, std::string_view runtime) {
  if (settings.parallel > 1 && !settings.kv_unified && !settings.release->has_streams)
    throw InputError{fmt::format("runtime {} with parallel={} and kv_unified=off is not known", runtime,
                                 settings.parallel),
                     "caches kept apart by sequence are known from 2025-11-10 on",
                     "use kv_unified=on, parallel=1 or a later version"};
  if (!settings.is_cuda && (settings.n_gpu_layers || !settings.tensor_split.empty()))
    throw InputError{"options ngl and tensor_split place layers on cards", "the back end is the host's",
                     "use backend=cuda, or drop them"};
  if (settings.n_outputs_max > 0 && settings.n_outputs_max < settings.parallel)
    throw InputError{fmt::format("option n_outputs_max={} is too small", settings.n_outputs_max),
                     fmt::format("each of the parallel={} sequences needs one output", settings.parallel),
                     fmt::format("use n_outputs_max={} or more", settings.parallel)};
}

LlamaCppSettings read_settings(OptionReader& options, const llama_cpp::DatedRelease& release) {
  LlamaCppSettings settings;
  settings.release = release.release;
  settings.graph_is_known = release.graph_is_known;
  settings.n_batch = options.integer("n_batch", settings.n_batch, 1, largest_batch);
  settings.n_ubatch = options.integer("ubatch", settings.n_ubatch, 1, largest_batch);
  const bool by_default = release.release->flash_by_default;
  const Flash flash = options.word("flash_attn", flashes, by_default ? Flash::automatic : Flash::off);
  settings.flash_attention = flash != Flash::off;
  settings.type_k = options.word("type_k", cache_types, std::string_view{});
  settings.type_v = options.word("type_v", cache_types, std::string_view{});
  settings.parallel = options.integer("parallel", settings.parallel, 1, most_sequences);
  settings.kv_unified = options.word("kv_unified", switches, !release.release->has_streams);
  settings.swa_full = options.word("swa_full", switches, false);
  settings.is_cuda = options.word("backend", backends, false);
  if (!options.text("ngl").empty())
    settings.n_gpu_layers = require_integer("option ngl", options.text("ngl"), 0);
  settings.tensor_split = read_shares(options.text("tensor_split"));
  settings.logits_all = options.word("logits_all", switches, false);
  settings.embeddings = options.word("embeddings", switches, false);
  settings.n_outputs_max = options.integer("n_outputs_max", 0, 0, largest_batch);
  return settings;
}

Runtime resolve(const RuntimeRequest& request) {
  const llama_cpp::DatedRelease release = llama_cpp::release_of(request.name, request.version);
  Runtime runtime;
  runtime.name = request.name;
  OptionReader options{request.name, request.options, known_options};
  const LlamaCppSettings settings = read_settings(options, release);
  options.finish();
  check(settings, request.name);
  runtime.attention = settings.flash_attention ? AttentionKind::flash : AttentionKind::eager;
  runtime.settings = settings;
  // How the scheduler splits a graph between card and host is known from its source alone.
  if (settings.is_cuda)
    runtime.counted = {Metric::weights, Metric::kv_cache};
  else
    runtime.counted = {Metric::weights, Metric::kv_cache, Metric::compute, Metric::allocated};
  runtime.count = llama_cpp::count;
  return runtime;
}

}  // namespace

RuntimeFamily llama_cpp_family() {
  return {"llama.cpp",
          llama_cpp::known_releases(),
          known_options,
          "buffers of weights, cache and compute; compute by the graph of one micro-batch, since 2026-09-28",
          "github.com/ggml-org/llama.cpp src/llama-context.cpp, src/llama-graph.cpp, ggml/src/ggml-alloc.c",
          resolve,
          "v"};
}

}  // namespace calibram
