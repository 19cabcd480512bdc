// SPDX-License-Identifier: MIT
// What vLLM may be told: its start-up run sizes activation and logits by its limits, not by the workload.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"
#include "src/engine/vllm/batch_limits.hpp"

#include <fmt/format.h>

#include <array>

namespace calibram {
namespace {

constexpr std::array<std::int64_t, 5> step_tokens = {8192, 4096, 2048, 1024, 512};
constexpr std::array<std::int64_t, 6> step_sequences = {256, 128, 64, 32, 16, 8};

RemedyGroup smaller_steps(const VllmBatchLimits& limits) {
  RemedyGroup group{"chunked prefill", {}, "the prompt goes in small pieces already"};
  for (const std::int64_t tokens : step_tokens)
    if (tokens < limits.tokens)
      group.choices.push_back({.name = fmt::format("prompts in pieces of {} tokens", tokens),
                               .cost = CostClass::slower_prompt,
                               .apply =
                                   [tokens](Question& changed, std::int64_t) {
                                     changed.options = without(changed.options, "chunked_prefill");
                                     changed.options["max_num_batched_tokens"] = fmt::format("{}", tokens);
                                   },
                               .series = "pieces"});
  return group;
}

/// The sampler is warmed up with a row of logits for every sequence that may run at once. As many as the
/// workload has at once may still do so.
RemedyGroup fewer_seats(const Question& question, const VllmBatchLimits& limits) {
  RemedyGroup group{"seats", {}, "as few sequences may run at once already as the workload has"};
  for (const std::int64_t sequences : step_sequences)
    if (sequences < limits.sequences && sequences >= question.workload.batch)
      group.choices.push_back(option_remedy(fmt::format("at most {} requests at once", sequences),
                                            CostClass::free, "max_num_seqs", fmt::format("{}", sequences),
                                            "seats"));
  return group;
}

}  // namespace

std::vector<RemedyGroup> vllm_settings(const Question& question) {
  const Runtime runtime = runtime_of(question);
  const VllmBatchLimits limits = vllm_batch_limits(question, std::get<VllmSettings>(runtime.settings));
  return {fewer_seats(question, limits),
          smaller_steps(limits),
          {"last-token logits", {}, "the last tokens' alone are kept already"},
          {"streaming attention", {}, "attention streams already"},
          {"paged cache", {}, "the cache is in pages already"}};
}

}  // namespace calibram
