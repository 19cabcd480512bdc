// SPDX-License-Identifier: MIT
// What llama.cpp may be told.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <array>

namespace calibram {
namespace {

constexpr std::array<std::int64_t, 3> micro_batches = {256, 128, 64};

RemedyGroup smaller_micro_batches(const LlamaCppSettings& settings) {
  RemedyGroup group{"chunked prefill", {}, "the prompt goes in small pieces already"};
  for (const std::int64_t tokens : micro_batches)
    if (tokens < settings.n_ubatch)
      group.choices.push_back(option_remedy(fmt::format("prompts in pieces of {} tokens", tokens),
                                            CostClass::slower_prompt, "ubatch", fmt::format("{}", tokens),
                                            "pieces"));
  return group;
}

}  // namespace

std::vector<RemedyGroup> llama_cpp_settings(const Question& question) {
  using enum CostClass;
  const Runtime runtime = runtime_of(question);
  const auto& settings = std::get<LlamaCppSettings>(runtime.settings);
  RemedyGroup logits{"last-token logits", {}, "those of one piece of the prompt at most are kept"};
  if (settings.logits_all)
    logits.choices.push_back(option_remedy("last-token logits", free, "logits_all", "off"));
  RemedyGroup attention{"streaming attention", {}, "attention streams already"};
  if (!settings.flash_attention)
    attention.choices.push_back(option_remedy("flash attention", free, "flash_attn", "on"));
  RemedyGroup windows{
      "cache layout", {}, "the cache is reserved at once; pages are not known for this runtime"};
  if (settings.swa_full)
    windows.choices.push_back(option_remedy("windows' own cache", free, "swa_full", "off"));
  return {logits, attention, windows, smaller_micro_batches(settings)};
}

}  // namespace calibram
