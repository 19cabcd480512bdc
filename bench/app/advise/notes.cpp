// SPDX-License-Identifier: MIT
// What one must know of an engine beside the figures.
#include "bench/app/advise/advise_report.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <cmath>

namespace calibram {
namespace {

/// vLLM fills a share of the card, so the share must be large enough; it keeps room for one sequence of its
/// longest context, so that must be told; and its CUDA graphs are in no count.
std::string how_to_start_vllm(const Need& need) {
  const Question& question = need.on_card.question;
  const Fitting& fitting = need.fitting;
  const double used = static_cast<double>((fitting.needed + fitting.set_aside).count());
  const double share = std::ceil(100 * used / static_cast<double>(fitting.capacity.bytes.count())) / 100;
  const double otherwise = std::get<VllmSettings>(runtime_of(question).settings).gpu_memory_utilization;
  return fmt::format(
      "start vLLM with --max-model-len {}{} and --enforce-eager: CUDA graphs would come on top",
      question.workload.context_tokens(),
      share > otherwise ? fmt::format(", --gpu-memory-utilization {:.2f}", share) : "");
}

}  // namespace

std::vector<std::string> notes_on(const Need& need) {
  const OnCard& on_card = need.on_card;
  const Question& question = on_card.question;
  if (!question.model) return {};
  if (family_of(question.runtime) == "vllm") return {how_to_start_vllm(need)};
  if (family_of(question.runtime) != "llama.cpp") return {};
  if (on_card.parts.empty())
    return {"counted on the CPU's back end, all of whose buffers are taken to be the card's"};
  std::vector<std::string> notes = {
      "the sum of weights and cache as they are placed, and of the compute buffer on the CPU's back end:"};
  if (question.options.contains("ngl"))
    notes.insert(notes.begin(),
                 "start llama.cpp with --no-op-offload: else prompts copy the host's layers to the card");
  return notes;
}

}  // namespace calibram
