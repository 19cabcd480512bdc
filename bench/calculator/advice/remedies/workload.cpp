// SPDX-License-Identifier: MIT
// Less of what was asked for: fewer sequences, or shorter ones.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// Into how many sequences the workload's context is cut: llama.cpp's is that of all slots.
std::int64_t sequences_in_context(const Question& question) {
  const bool is_shared = family_of(question.runtime) == "llama.cpp" && question.workload.context;
  return is_shared ? std::get<LlamaCppSettings>(runtime_of(question).settings).parallel : 1;
}

/// Sequences of `tokens`: the room is theirs, and prompts that were longer leave space for what is generated.
void shorten(Question& question, std::int64_t tokens, std::int64_t sequences) {
  Workload& workload = question.workload;
  if (workload.context) workload.context = checked_product({tokens, sequences});
  workload.prompt = std::min(workload.prompt, tokens - workload.generate);
}

void seat(Question& question, std::int64_t batch) {
  question.workload.batch = batch;
  // A server's slots, each of which has room of its own.
  if (question.options.contains("parallel")) question.options["parallel"] = fmt::format("{}", batch);
}

}  // namespace

RemedyGroup fewer_sequences(const Question& question) {
  const std::int64_t batch = question.workload.batch;
  RemedyGroup group{"smaller batch", {}, "it is one sequence already"};
  if (batch > 1)
    group.choices.push_back(
        {.name = {},
         .cost = CostClass::fewer_sequences,
         .apply = [batch](Question& changed, std::int64_t setting) { seat(changed, batch - setting); },
         .settings = batch - 1,
         .named =
             [batch](std::int64_t setting) {
               return fmt::format("{} instead of {} sequences at once", batch - setting, batch);
             }});
  return group;
}

RemedyGroup shorter_context(const Question& question) {
  const std::int64_t sequences = sequences_in_context(question);
  const std::int64_t tokens = question.workload.context_tokens() / sequences;
  const std::int64_t least = checked_sum(question.workload.generate, 1);
  RemedyGroup group{"shorter context", {}, "there is but one token beside those to generate"};
  if (tokens > least)
    group.choices.push_back({.name = {},
                             .cost = CostClass::shorter_context,
                             .apply =
                                 [tokens, sequences](Question& changed, std::int64_t setting) {
                                   shorten(changed, tokens - setting, sequences);
                                 },
                             .settings = tokens - least,
                             .named =
                                 [tokens](std::int64_t setting) {
                                   return fmt::format("context of {}, not {} tokens", tokens - setting,
                                                      tokens);
                                 }});
  return group;
}

}  // namespace calibram
