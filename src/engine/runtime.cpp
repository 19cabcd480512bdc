// SPDX-License-Identifier: MIT
// The known engines: families, versions, options, and the memory behaviour that follows.
#include "src/engine/runtime.hpp"

#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/engine/transformers/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace calibram {
namespace {

constexpr std::array families = {
    RuntimeFamily{
        "calibram", "unversioned",
        "attention=flash|eager; logits=last|all; logits_copy=fp32|none; cache=reserved|paged|concatenated; "
        "block_tokens=8|16|32|64|128; module_loading=lazy|eager",
        "its own pass, in place: the cache is reserved for the whole context, attention streams",
        "src/engine/decoder/decoder.cpp"},
    RuntimeFamily{"transformers", transformers_versions, "attention=sdpa|flash|eager",
                  "generate() of Hugging Face transformers in eager PyTorch with its caching allocator",
                  "github.com/huggingface/transformers: pull requests 30536, 31292, 33902"},
};

/// A value of an option, and what it sets.
struct OptionValue {
  std::string_view key, value;
  void (*apply)(Runtime&);
};

constexpr std::array calibram_options = {
    OptionValue{"attention", "flash", [](Runtime& r) { r.attention = AttentionKind::flash; }},
    OptionValue{"attention", "eager", [](Runtime& r) { r.attention = AttentionKind::eager; }},
    OptionValue{"logits", "last", [](Runtime& r) { r.logits_rows = LogitsRows::last; }},
    OptionValue{"logits", "all", [](Runtime& r) { r.logits_rows = LogitsRows::all; }},
    OptionValue{"logits_copy", "fp32", [](Runtime& r) { r.upcasts_logits = true; }},
    OptionValue{"logits_copy", "none", [](Runtime& r) { r.upcasts_logits = false; }},
    OptionValue{"cache", "reserved", [](Runtime& r) { r.cache_growth = CacheGrowth::reserved; }},
    OptionValue{"cache", "paged", [](Runtime& r) { r.cache_growth = CacheGrowth::paged; }},
    OptionValue{"block_tokens", "8", [](Runtime& r) { r.cache_block_tokens = 8; }},
    OptionValue{"block_tokens", "16", [](Runtime& r) { r.cache_block_tokens = 16; }},
    OptionValue{"block_tokens", "32", [](Runtime& r) { r.cache_block_tokens = 32; }},
    OptionValue{"block_tokens", "64", [](Runtime& r) { r.cache_block_tokens = 64; }},
    OptionValue{"block_tokens", "128", [](Runtime& r) { r.cache_block_tokens = 128; }},
    OptionValue{"cache", "concatenated", [](Runtime& r) { r.cache_growth = CacheGrowth::concatenated; }},
    // When a card's driver loads kernels: a fixed cost, which is measured and not counted.
    OptionValue{"module_loading", "lazy", [](Runtime&) {}},
    OptionValue{"module_loading", "eager", [](Runtime&) {}},
};

constexpr std::array transformers_options = {
    OptionValue{"attention", "sdpa", [](Runtime& r) { r.attention = AttentionKind::sdpa; }},
    OptionValue{"attention", "flash", [](Runtime& r) { r.attention = AttentionKind::flash; }},
    OptionValue{"attention", "eager", [](Runtime& r) { r.attention = AttentionKind::eager; }},
};

void apply_options(Runtime& runtime, const Options& options, std::span<const OptionValue> known,
                   std::string_view summary) {
  for (const auto& [key, value] : options) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const OptionValue& o) { return o.key == key && o.value == value; });
    if (found == known.end())
      throw InputError{fmt::format("runtime {} has no option {}={}", runtime.name, key, value),
                       fmt::format("known: {}", summary), "drop or correct it"};
    found->apply(runtime);
  }
}

}  // namespace

std::span<const RuntimeFamily> runtime_families() { return families; }

Runtime resolve_runtime(std::string_view name, const Options& options, std::string_view model_family) {
  const std::size_t at = name.find('@');
  const std::string_view family = name.substr(0, at);
  const std::string_view version = at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
  if (family == "calibram") {
    if (at != std::string_view::npos)
      throw InputError{fmt::format("runtime {} is not known", name), "the calibram runtime has no versions",
                       "write calibram"};
    Runtime runtime;
    runtime.name = name;
    apply_options(runtime, options, calibram_options, families[0].options);
    return runtime;
  }
  if (family == "transformers") {
    Runtime runtime = transformers_runtime(name, version, model_family);
    apply_options(runtime, options, transformers_options, families[1].options);
    settle_transformers_attention(runtime, model_family);
    return runtime;
  }
  std::vector<std::string_view> known;
  for (const RuntimeFamily& f : families) known.push_back(f.name);
  throw unknown_name("runtime", family, known, "run \"calibram runtimes\" for the list");
}

}  // namespace calibram
