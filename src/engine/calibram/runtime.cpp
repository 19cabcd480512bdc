// SPDX-License-Identifier: MIT
// What may be chosen of calibram's own pass.
#include "src/engine/calibram/runtime.hpp"

#include "src/core/error.hpp"
#include "src/engine/runtime_options.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

constexpr std::string_view known_options =
    "attention=flash|eager; logits=last|all; logits_copy=fp32|none; cache=reserved|paged|concatenated; "
    "block_tokens=8|16|32|64|128; module_loading=lazy|eager";

constexpr std::array attentions = {OptionWord{"flash", AttentionKind::flash},
                                   OptionWord{"eager", AttentionKind::eager}};
constexpr std::array logits = {OptionWord{"last", LogitsRows::last}, OptionWord{"all", LogitsRows::all}};
constexpr std::array logits_copies = {OptionWord{"fp32", true}, OptionWord{"none", false}};
constexpr std::array caches = {OptionWord{"reserved", CacheGrowth::reserved},
                               OptionWord{"paged", CacheGrowth::paged},
                               OptionWord{"concatenated", CacheGrowth::concatenated}};
constexpr std::array<OptionWord<std::int64_t>, 5> block_sizes = {
    {{"8", 8}, {"16", 16}, {"32", 32}, {"64", 64}, {"128", 128}}};
constexpr std::array module_loadings = {OptionWord{"lazy", false}, OptionWord{"eager", true}};

Runtime resolve(const RuntimeRequest& request) {
  if (!request.version.empty() || request.name.ends_with('@'))
    throw InputError{fmt::format("runtime {} is not known", request.name),
                     "the calibram runtime has no versions", "write calibram"};
  Runtime runtime;
  runtime.name = request.name;
  OptionReader options{request.name, request.options, known_options};
  runtime.attention = options.word("attention", attentions, runtime.attention);
  runtime.logits_rows = options.word("logits", logits, runtime.logits_rows);
  runtime.upcasts_logits = options.word("logits_copy", logits_copies, runtime.upcasts_logits);
  runtime.cache_growth = options.word("cache", caches, runtime.cache_growth);
  runtime.cache_block_tokens = options.word("block_tokens", block_sizes, runtime.cache_block_tokens);
  // When a card's driver loads kernels: a fixed cost, which is measured and not counted.
  options.word("module_loading", module_loadings, false);
  options.finish();
  return runtime;
}

}  // namespace

RuntimeFamily calibram_family() {
  return {"calibram",
          "unversioned",
          known_options,
          "its own pass, in place: the cache is reserved for the whole context, attention streams",
          "src/engine/decoder/decoder.cpp",
          resolve};
}

}  // namespace calibram
