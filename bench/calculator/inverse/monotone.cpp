// SPDX-License-Identifier: MIT
// The proof, and what of a question it rests on.
//
// Theory's pass of the runtime calibram. Let n be the batch or the tokens of a sequence.
// 1. Prompt, generated tokens and context do not shrink as n grows: with_context() gives
//    generate' = min(generate, n - 1) and n - generate' = max(n - generate, 1), both rising, and the smaller
//    of two rising numbers rises.
// 2. The sequence of the pass's operations is the same for all n, but for three additions. A prompt of more
//    than one token copies the last rows before it frees the others: at that instant it holds more, and then
//    it holds what a prompt of one token holds. From 2 and from 3 generated tokens on a first and a last step
//    of decoding come after all else; the last one finds the cache that `n` tokens have. Nothing else of the
//    pass in place looks at the batch or the tokens (`functional` passes do: they copy what one sequence, or
//    one token, need not).
// 3. Every tensor has a number of elements that is a product or a quotient rounded up of constants and of
//    batch, prompt, positions or context: it does not shrink as n grows. What is alive is what was allocated
//    and not freed, so by 2 it does not shrink at any instant; nor does the highest of more instants.
// 4. An exact allocator holds just that. A caching one splits and keeps blocks by their sizes, and may hold
//    less for more; so is left out. The sum of all terms is the peak itself: the metric `allocated`. A part
//    of the terms at the peak may shrink where the peak moves from one step to another, and so may terms that
//    are weighed by fitted coefficients: those are left out as well.
// 5. What is refused for n (positions that end) is refused for more.
//
// vLLM's start-up: all that the profile run holds follows from the options, from max_model_len, and from the
// limits of a step. Where no context is given, max_model_len is what the model allows. Where one is, it is
// the context; the limits rise with it, if prefill is chunked, until they are those of the longest one, and
// what latent attention expands at once rises to 64 Ki tokens, an eighth of which is enough
// (vllm/batch_limits.cpp, profile_run.cpp). From there on the workload decides nothing but the blocks of its
// cache: the batch times, of each group of layers, a number of pages that is a quotient rounded up of the
// tokens, or of a window where they are more. A batch beyond max_num_seqs and positions that end are refused
// for more too. A whole device put together from fits adds predicted parts that do not know the workload, and
// their deviation, to that cache as counted: the bound of the sum rises with it.
//
// Rules of thumb on one device multiply positive numbers that 1 says do not shrink, and rounding keeps order.
// On several devices the first gets the remainder of an even division, which does shrink.
#include "bench/calculator/inverse/monotone.hpp"

#include "bench/calculator/inverse/inverse.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/engine/vllm/batch_limits.hpp"

#include <algorithm>
#include <limits>

namespace calibram {
namespace {

/// Theory's pass in place.
bool counts_in_place(const Question& question, const Runtime& runtime) {
  return question.metric == Metric::allocated && runtime.count == nullptr &&
         runtime.allocator == AllocatorKind::exact && !runtime.functional;
}

constexpr std::int64_t nowhere = std::numeric_limits<std::int64_t>::max();

VllmBatchLimits limits_of(Question question, const VllmSettings& settings, std::int64_t context) {
  question.workload.context = context;
  return vllm_batch_limits(question, settings);
}

bool has_latent_attention(const Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
    return std::holds_alternative<LatentAttention>(run.layer.mixer);
  });
}

/// The context from which on the workload decides the cache alone.
std::int64_t fixed_budget_from(const Question& question, const Runtime& runtime) {
  const auto* settings = std::get_if<VllmSettings>(&runtime.settings);
  if (!settings) return nowhere;
  if (!question.workload.context) return question.model->max_positions > 0 ? 1 : nowhere;
  if (!settings->chunked_prefill) return nowhere;
  constexpr std::int64_t latent_context = 8 << 10;
  std::int64_t from = has_latent_attention(*question.model) ? latent_context : 1;
  const VllmBatchLimits longest = limits_of(question, *settings, most_context_tokens);
  while (from < most_context_tokens && limits_of(question, *settings, from) != longest) from *= 2;
  return from;
}

/// Whether the calibrated estimator puts the device together from other metrics.
bool is_put_together(const Calculator& calculator, const Question& question) {
  const std::vector<FittedPart> parts = calculator.fitted_parts(question, {"calibrated", {}});
  return !parts.empty() && std::none_of(parts.begin(), parts.end(), [&](const FittedPart& part) {
    return part.metric == question.metric;
  });
}

std::int64_t pass_never_shrinks_from(const Calculator& calculator, const Question& question,
                                     std::string_view estimator) {
  const Runtime runtime = runtime_of(question);
  if (estimator == "theory")
    return counts_in_place(question, runtime) ? 1 : fixed_budget_from(question, runtime);
  const bool may_be_put_together =
      (estimator.empty() || estimator == "calibrated") && question.metric == Metric::device;
  return may_be_put_together && is_put_together(calculator, question) ? fixed_budget_from(question, runtime)
                                                                      : nowhere;
}

}  // namespace

std::int64_t never_shrinks_from(const Calculator& calculator, const Question& question) {
  if (question.devices != 1) return nowhere;
  const std::string_view estimator = calculator.only_estimator(question);
  if (estimator.starts_with("rule-")) return 1;
  if (!question.model) return nowhere;
  try {
    return pass_never_shrinks_from(calculator, question, estimator);
  } catch (const InputError&) {
    return nowhere;
  }
}

std::unique_ptr<AllocatedCeiling> ceiling_of(const Calculator& calculator, const Question& question) {
  if (calculator.only_estimator(question) != "theory") return nullptr;
  try {
    return AllocatedCeiling::of(question);
  } catch (const InputError&) {
    return nullptr;
  }
}

}  // namespace calibram
