// SPDX-License-Identifier: MIT
// The version history of transformers as tables of intervals.
//
// Read in the upstream source at the branch point of every minor release from 4.31 to 5.0 (of which the state
// of December 2025) (src/transformers/models/*/modeling_*.py, generation/utils.py, cache_utils.py). Pull
// requests: #30536 (4.42: generate() drops the old logits and passes one DynamicCache), #31292 (4.45: logits
// of the last position only), #33902 (4.46: no FP32 copy of them in forward).
#include "src/engine/transformers/runtime.hpp"

#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/core/words.hpp"
#include "src/engine/runtime_options.hpp"
#include "src/engine/transformers/device_map.hpp"
#include "src/engine/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace calibram {
namespace {

constexpr std::string_view known_options =
    "attention=sdpa|flash|eager, cache=dynamic|static, device_bytes=N, device_map=auto|none, "
    "expandable_segments=false|true, layer_split=N,N, max_split_size_mb=N, roundup_power2_divisions=N, "
    "routing=even|alike";
constexpr std::array attentions = {OptionWord{"sdpa", AttentionKind::sdpa},
                                   OptionWord{"flash", AttentionKind::flash},
                                   OptionWord{"eager", AttentionKind::eager}};

constexpr std::array routings = {OptionWord{"even", false}, OptionWord{"alike", true}};
constexpr std::array caches = {OptionWord{"dynamic", CacheGrowth::concatenated},
                               OptionWord{"static", CacheGrowth::reserved}};
constexpr std::array device_maps = {OptionWord{"auto", true}, OptionWord{"none", false}};
constexpr std::array truths = {OptionWord{"true", true}, OptionWord{"false", false}};

constexpr VersionRange known_versions{"transformers", {4, 31, 0}, {5, 1, 0}, "4.31 to 5.0", "4.46.0"};
constexpr Version always{};

/// The families whose history was read, and the version that brought them. Qwen's table of Qwen2-57B-A14B
/// names 4.38.2, before the release that has qwen2_moe: a source build, counted as the nearest release.
/// (Gemma 2 and 3 have caches of their own; GPT-2, GPT-NeoX and StableLM were not read.)
struct FamilyStart {
  std::string_view family;
  Version first;
};
constexpr std::array known_families = {
    FamilyStart{"llama", {4, 28, 0}},      FamilyStart{"mistral", {4, 34, 0}},
    FamilyStart{"phi", {4, 36, 0}},        FamilyStart{"qwen2", {4, 37, 0}},
    FamilyStart{"gemma", {4, 38, 0}},      FamilyStart{"phi3", {4, 41, 0}},
    FamilyStart{"qwen3", {4, 51, 0}},      FamilyStart{"qwen2_moe", {4, 38, 0}},
    FamilyStart{"mixtral", {4, 36, 0}},    FamilyStart{"qwen3_moe", {4, 51, 0}},
    FamilyStart{"starcoder2", {4, 39, 0}},
};

constexpr Version logits_upcast_from{4, 32, 0};
constexpr Version one_cache_from{4, 42, 0};
constexpr Version last_logits_from{4, 45, 0};
constexpr Version no_upcast_from{4, 46, 0};
/// caching_allocator_warmup() where there is a device_map (#36380).
constexpr Version warm_up_from{4, 50, 0};
/// DynamicSlidingWindowLayer (#40039).
constexpr Version sliding_cache_from{4, 56, 0};
constexpr Version sdpa_default_from{4, 36, 0};
/// Attention functions of their own (ALL_ATTENTION_FUNCTIONS, #35235), which make their arguments contiguous
/// (integrations/sdpa_attention.py until 4.55).
constexpr Version attention_functions_from{4, 48, 0};
/// Experts as one tensor of gates and ups (#40132, "MoE + vllm"; after the branch of 4.57).
constexpr Version joined_expert_gates_from{5, 0, 0};
constexpr Version no_reordering_from{4, 56, 0};
/// DynamicLayer.update() concatenates from the first step on (cache_utils.py, lazy_initialization).
constexpr Version first_cache_copied_from{4, 56, 0};

/// A behaviour that a family shows in first <= version < end.
struct FamilyInterval {
  std::string_view family;
  Version first, end;
};

/// A causal mask of max_position_embeddings squared as a buffer (#27931): int64 until 4.38.1 (#29241),
/// repeated for every sequence until #29413, gone with #29753.
struct BufferInterval {
  FamilyInterval when;
  CausalBuffer buffer;
};
constexpr std::array causal_buffers = {
    BufferInterval{{"llama", {4, 38, 0}, {4, 38, 2}}, CausalBuffer::int64_repeated},
    BufferInterval{{"llama", {4, 38, 2}, {4, 39, 0}}, CausalBuffer::bool_repeated},
    BufferInterval{{"llama", {4, 39, 0}, {4, 39, 1}}, CausalBuffer::bool_expanded},
    BufferInterval{{"gemma", {4, 38, 0}, {4, 38, 2}}, CausalBuffer::int64_repeated},
    BufferInterval{{"gemma", {4, 38, 2}, {4, 39, 0}}, CausalBuffer::bool_repeated},
    BufferInterval{{"gemma", {4, 39, 0}, {4, 39, 1}}, CausalBuffer::bool_expanded},
};

/// Cosine and sine buffers for max_position_embeddings in every layer.
constexpr std::array rotary_buffers = {
    FamilyInterval{"llama", always, {4, 38, 0}},   FamilyInterval{"llama", {4, 38, 1}, {4, 41, 0}},
    FamilyInterval{"qwen2", always, {4, 45, 0}},   FamilyInterval{"phi", always, {4, 45, 0}},
    FamilyInterval{"mistral", always, {4, 42, 0}}, FamilyInterval{"qwen2_moe", always, {4, 45, 0}},
    FamilyInterval{"mixtral", always, {4, 48, 0}}, FamilyInterval{"starcoder2", always, {4, 45, 0}},
};

/// Cosines and sines made once per forward and shared by the layers; before, in every attention.
constexpr std::array rotary_once_per_step = {
    FamilyInterval{"llama", {4, 43, 0}, known_versions.end},
    FamilyInterval{"qwen2", {4, 45, 0}, known_versions.end},
    FamilyInterval{"phi", {4, 45, 0}, known_versions.end},
    FamilyInterval{"mistral", {4, 48, 0}, known_versions.end},
    FamilyInterval{"gemma", {4, 48, 0}, known_versions.end},
    FamilyInterval{"phi3", {4, 48, 0}, known_versions.end},
    FamilyInterval{"qwen3", always, known_versions.end},
    FamilyInterval{"qwen3_moe", always, known_versions.end},
    FamilyInterval{"qwen2_moe", {4, 45, 0}, known_versions.end},
    FamilyInterval{"mixtral", {4, 48, 0}, known_versions.end},
    FamilyInterval{"starcoder2", {4, 45, 0}, known_versions.end},
};

/// repeat_kv before FlashAttention, which would not need it.
constexpr std::array flash_expands_cache = {
    FamilyInterval{"qwen2", always, {4, 48, 0}},      FamilyInterval{"mistral", always, {4, 48, 0}},
    FamilyInterval{"phi3", always, {4, 48, 0}},       FamilyInterval{"mixtral", always, {4, 48, 0}},
    FamilyInterval{"starcoder2", always, {4, 48, 0}}, FamilyInterval{"qwen2_moe", always, {4, 57, 0}},
};

/// Attention classes of their own, after the others took the functions in 4.48.
constexpr std::array late_attention_functions = {
    FamilyInterval{"qwen2_moe", always, {4, 57, 0}},
};

/// repeat_kv before scaled_dot_product_attention: until it took enable_gqa (#39412).
constexpr Version sdpa_groups_from{4, 54, 0};

bool holds(const FamilyInterval& i, std::string_view family, Version version) {
  return i.family == family && i.first <= version && version < i.end;
}

bool holds(std::span<const FamilyInterval> intervals, std::string_view family, Version version) {
  return std::any_of(intervals.begin(), intervals.end(),
                     [&](const FamilyInterval& interval) { return holds(interval, family, version); });
}

CausalBuffer causal_buffer(std::string_view family, Version version) {
  for (const BufferInterval& interval : causal_buffers)
    if (holds(interval.when, family, version)) return interval.buffer;
  return CausalBuffer::none;
}

void check_family(std::string_view name, std::string_view family, Version version) {
  const auto* known = std::find_if(known_families.begin(), known_families.end(),
                                   [&](const FamilyStart& start) { return start.family == family; });
  if (known == known_families.end()) {
    std::vector<std::string_view> names;
    for (const FamilyStart& start : known_families) names.push_back(start.family);
    throw InputError{fmt::format("what {} keeps in memory for the family {} is not known", name, family),
                     "known families: " + joined(names), "use the runtime calibram"};
  }
  if (version < known->first)
    throw InputError{fmt::format("{} cannot run the family {}", name, family),
                     fmt::format("it came in {}.{}", known->first.major, known->first.minor),
                     "name a later version"};
}

/// What follows from the attention kind.
bool expands_cache(AttentionKind attention, std::string_view family, Version version) {
  switch (attention) {
    case AttentionKind::eager:
      return true;
    case AttentionKind::sdpa:
      return version < sdpa_groups_from || holds(late_attention_functions, family, version);
    case AttentionKind::flash:
      break;
  }
  return holds(flash_expands_cache, family, version);
}

/// layer_split=20,12: how many layers each card gets.
std::vector<std::int64_t> layer_split(OptionReader& options) {
  std::vector<std::int64_t> counts;
  const std::string_view text = options.text("layer_split");
  if (text.empty()) return counts;
  for (const std::string_view count : split(text, ','))
    counts.push_back(require_integer("option layer_split", count, 1, most_layers));
  return counts;
}

/// What PYTORCH_CUDA_ALLOC_CONF says, and how much of the card the process may take.
CachingAllocatorSettings allocator_settings(OptionReader& options) {
  constexpr std::int64_t most_bytes = std::int64_t{1} << 50, least_split_mb = 20;  // kLargeBuffer, in MiB
  CachingAllocatorSettings settings;
  settings.expandable_segments = options.word("expandable_segments", truths, false);
  settings.roundup_power2_divisions = options.integer("roundup_power2_divisions", 0, 0, 64);
  if (const std::int64_t mb = options.integer("max_split_size_mb", 0, least_split_mb, most_bytes >> 20);
      mb > 0)
    settings.max_split_size = Bytes{mb << 20};
  if (const std::int64_t bytes = options.integer("device_bytes", 0, 1, most_bytes); bytes > 0)
    settings.capacity = Bytes{bytes};
  return settings;
}

void take_options(OptionReader& options, Runtime& runtime) {
  const bool has_sdpa = runtime.version >= sdpa_default_from;
  runtime.attention =
      options.word("attention", attentions, has_sdpa ? AttentionKind::sdpa : AttentionKind::eager);
  runtime.cache_growth = options.word("cache", caches, CacheGrowth::concatenated);
  runtime.routes_all_alike = options.word("routing", routings, false);
  runtime.warms_allocator = options.word("device_map", device_maps, true) && runtime.version >= warm_up_from;
  runtime.layer_split = layer_split(options);
  runtime.caching_allocator = allocator_settings(options);
  options.finish();
}

/// What all families share.
void follow_history(Runtime& runtime) {
  const Version version = runtime.version;
  runtime.logits_rows = version < last_logits_from ? LogitsRows::all : LogitsRows::last;
  runtime.upcasts_logits = version >= logits_upcast_from && version < no_upcast_from;
  runtime.keeps_previous_cache = runtime.keeps_previous_logits = version < one_cache_from;
  runtime.slides_cache = version >= sliding_cache_from;
  runtime.copies_first_cache = version >= first_cache_copied_from;
  runtime.joins_expert_gates = version >= joined_expert_gates_from;
  runtime.split_layers = balanced_layers;
  runtime.allocator = AllocatorKind::caching;
  runtime.counted = {Metric::weights, Metric::kv_cache, Metric::allocated, Metric::reserved};
  runtime.functional = true;
  runtime.counts_gemm_workspace = true;
}

void follow_family(std::string_view family, Runtime& runtime) {
  const Version version = runtime.version;
  runtime.expands_cache = expands_cache(runtime.attention, family, version);
  runtime.causal_buffer = causal_buffer(family, version);
  runtime.joins_projections = family == "phi3";  // qkv_proj, gate_up_proj
  runtime.rotary_tables = holds(rotary_buffers, family, version)         ? RotaryTables::per_layer
                          : holds(rotary_once_per_step, family, version) ? RotaryTables::per_step
                                                                         : RotaryTables::per_attention;
  runtime.attention_is_one_function =
      version < attention_functions_from || holds(late_attention_functions, family, version);
  runtime.reorders_heads = runtime.attention == AttentionKind::sdpa && !runtime.attention_is_one_function &&
                           version < no_reordering_from;
}

Runtime resolve(const RuntimeRequest& request) {
  Runtime runtime;
  runtime.name = request.name;
  runtime.version = known_versions.require(request.version);
  check_family(request.name, request.model_family, runtime.version);
  OptionReader options{request.name, request.options, known_options};
  take_options(options, runtime);
  follow_history(runtime);
  follow_family(request.model_family, runtime);
  return runtime;
}

}  // namespace

RuntimeFamily transformers_family() {
  return {"transformers",
          known_versions.people,
          known_options,
          "generate() of Hugging Face transformers in eager PyTorch with its caching allocator",
          "github.com/huggingface/transformers: pull requests 30536, 31292, 33902",
          resolve};
}

}  // namespace calibram
