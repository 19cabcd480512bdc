// SPDX-License-Identifier: MIT
// What a pass holds besides weights and cache: tensor by tensor where the pass was counted so.
#include "bench/calculator/explanation/steps.hpp"
#include "src/engine/vllm/batch_limits.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

std::string words_of_vllm(const Question& question, const VllmSettings& settings) {
  const VllmBatchLimits limits = vllm_batch_limits(question, settings);
  return fmt::format("the most that the start-up profile run of {} tokens and {} sequences holds at once",
                     limits.tokens, limits.sequences);
}

Steps steps_of_llama_cpp(const Question& question, const LlamaCppSettings& settings, Term term, Bytes bytes) {
  const std::int64_t row = 4 * question.model->vocabulary;
  if (term == Term::logits && !settings.embeddings && bytes.count() % row == 0)
    return {product({whole(bytes.count() / row, "rows"), whole(question.model->vocabulary, "vocabulary"),
                     whole(4, "bytes (fp32)")})};
  return {
      counted(fmt::format("the engine's graph of {} tokens, walked through its allocator", settings.n_ubatch),
              bytes)};
}

}  // namespace

Steps pass_steps(const Question& question, const Runtime& runtime, Term term, Bytes bytes,
                 const std::vector<TensorGroup>& tensors) {
  if (const auto* vllm = std::get_if<VllmSettings>(&runtime.settings))
    return {counted(words_of_vllm(question, *vllm), bytes)};
  if (const auto* llama = std::get_if<LlamaCppSettings>(&runtime.settings))
    return steps_of_llama_cpp(question, *llama, term, bytes);
  Steps steps = tensor_steps(question, tensors, term);
  add_remainder(steps, bytes, "rounded up to blocks and pages, or held by the allocator for reuse");
  return steps;
}

}  // namespace calibram
