// SPDX-License-Identifier: MIT
// Inference engines as data: what each version keeps alive while a decoder pass runs.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/allocators/caching_allocator_settings.hpp"
#include "src/engine/llama_cpp/settings.hpp"
#include "src/engine/metric.hpp"
#include "src/engine/options.hpp"
#include "src/engine/version.hpp"
#include "src/engine/vllm/settings.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace calibram {

struct Count;
struct Format;
struct Model;
struct Question;

enum class AttentionKind : unsigned char { flash, sdpa, eager };
enum class CacheGrowth : unsigned char {
  reserved,      ///< the whole context is allocated before the first step
  paged,         ///< the same in blocks of a few tokens, which a table finds (vLLM's PagedAttention)
  concatenated,  ///< every step allocates old + new and copies (torch.cat)
};
enum class LogitsRows : unsigned char { last, all };
enum class RotaryTables : unsigned char {
  none,           ///< angles are computed in the kernel
  per_layer,      ///< every layer keeps cosines and sines of all max_positions
  per_attention,  ///< made in every attention for the positions of the step
  per_step,       ///< made once for the positions of the step, shared by all layers
};
/// A mask of all positions that a model keeps, from which each step's mask is made.
enum class CausalBuffer : unsigned char {
  none,
  int64_repeated,  ///< of 8-byte elements, repeated for every sequence
  bool_repeated,
  bool_expanded,  ///< of 1-byte elements, made wide once and then copied for every sequence
};
enum class AllocatorKind : unsigned char {
  exact,    ///< live bytes are the bytes asked for
  caching,  ///< PyTorch's caching allocator: live bytes are block sizes
};

/// What a cache of some size holds.
struct CacheRoom {
  std::int64_t tokens = 0;
  double sequences = 0;  ///< of the question's context, at once
};

/// The memory behaviour of one engine version. The fields steer the one decoder pass, unless the engine has a
/// way of its own to be counted.
struct Runtime {
  std::string name;  ///< family@version, as asked
  Version version;   ///< all zero where the family has none
  std::variant<std::monostate, VllmSettings, LlamaCppSettings> settings{};
  /// What counting alone answers: metrics that hold no measured constant.
  MetricSet counted = {Metric::weights, Metric::kv_cache, Metric::allocated};
  /// How a run is counted; null for the decoder pass. @throws InputError as count()
  Count (*count)(const Question&, const Runtime&) = nullptr;
  /// What gets room in the bytes that an engine finds left for its cache; null where the cache is sized by
  /// the workload. @throws InputError when not one sequence of the question's context does
  CacheRoom (*cache_room)(const Question&, const Runtime&, Bytes available) = nullptr;
  AttentionKind attention = AttentionKind::flash;
  CacheGrowth cache_growth = CacheGrowth::reserved;
  std::int64_t cache_block_tokens = 16;  ///< of a paged cache
  LogitsRows logits_rows = LogitsRows::last;
  RotaryTables rotary_tables = RotaryTables::none;
  CausalBuffer causal_buffer = CausalBuffer::none;
  AllocatorKind allocator = AllocatorKind::exact;
  CachingAllocatorSettings caching_allocator{};
  /// How many layers each device gets; empty: as `split_layers` says, else as equal shares.
  std::vector<std::int64_t> layer_split = {};
  std::vector<std::int64_t> (*split_layers)(const Model&, const Format&, int devices) = nullptr;
  /// The old copy of the whole cache, not of one layer only, lives until the step ends.
  bool keeps_previous_cache = false;
  /// An FP32 copy of the kept logits rows stands beside the 16-bit ones.
  bool upcasts_logits = true;
  /// The previous step's logits live through the next step.
  bool keeps_previous_logits = false;
  /// Keys and values are expanded to all heads before attention (repeat_kv).
  bool expands_cache = false;
  /// The first step's keys and values are copied into the cache (torch.cat of nothing and them).
  bool copies_first_cache = false;
  /// Streaming attention reads copies of its inputs with heads before positions, and its result is copied
  /// back.
  bool reorders_heads = false;
  /// All of attention is one function, whose variables live until the output projection is done; else scores
  /// and expanded heads belong to an inner function, and the layer names the attention weights until its end.
  bool attention_is_one_function = false;
  /// The weights' bytes are taken from the allocator and given back before they are loaded.
  bool warms_allocator = false;
  /// A layer with a window keeps what the next token of it can see, and no more.
  bool slides_cache = false;
  /// Queries, keys and values are views of one projection, and so are gate and up, all of which lives as long
  /// as a view does.
  bool joins_projections = false;
  /// Gate and up projections of an expert are one matrix.
  bool joins_expert_gates = false;
  /// Every token goes to the same experts, as where all tokens are alike; else they spread evenly.
  bool routes_all_alike = false;
  /// Every operation returns a new tensor, and callers' variables keep their arguments alive
  /// (eager PyTorch); otherwise the pass works in place.
  bool functional = false;
  /// The GEMM library's workspace comes from the runtime's allocator.
  bool counts_gemm_workspace = false;
};

/// A runtime as asked for.
struct RuntimeRequest {
  std::string_view name;     ///< family[@version]
  std::string_view version;  ///< what follows the @; empty for none
  const Options& options;
  std::string_view model_family;  ///< `model_type`
};

/// "vllm" of "vllm@0.19.0".
constexpr std::string_view family_of(std::string_view runtime) {
  return runtime.substr(0, runtime.find('@'));
}

/// A known engine family with the versions and options that it answers.
struct RuntimeFamily {
  std::string_view name;
  std::string_view versions;  ///< for people: "4.36 to 4.57"
  std::string_view options;   ///< for people: "attention=flash|sdpa|eager"
  std::string_view behaviour;
  std::string_view source;
  /// @throws InputError for a version outside the known range (which it names), or an unknown option or value
  Runtime (*resolve)(const RuntimeRequest&);
  std::string_view release_prefix = {};  ///< how it writes its releases: "v" for v0.5.0
};
std::span<const RuntimeFamily> runtime_families();

/// A release as its engine writes it, with or without a "v": "llama.cpp@v0.5.0" of "llama.cpp@0.5.0",
/// "vllm@0.19.0" of "vllm@v0.19.0". All other names stay.
std::string with_release_as_written(std::string_view name);

/// The behaviour of `family[@version]` under these options for a model of `model_family` (`model_type`).
/// @throws InputError for an unknown family, a version outside the known range (which it names), or an
/// unknown option or value
Runtime resolve_runtime(std::string_view name, const Options& options, std::string_view model_family);

}  // namespace calibram
