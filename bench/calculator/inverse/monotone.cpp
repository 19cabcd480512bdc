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
// Rules of thumb on one device multiply positive numbers that 1 says do not shrink, and rounding keeps order.
// On several devices the first gets the remainder of an even division, which does shrink.
#include "bench/calculator/inverse/monotone.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

namespace calibram {
namespace {

bool counts_in_place(const Question& question) {
  if (!question.model || question.metric != Metric::allocated) return false;
  try {
    const Runtime runtime = runtime_of(question);
    return runtime.count == nullptr && runtime.allocator == AllocatorKind::exact && !runtime.functional;
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

bool never_shrinks(const Calculator& calculator, const Question& question) {
  if (question.devices != 1) return false;
  const std::string_view estimator = calculator.only_estimator(question);
  if (estimator.starts_with("rule-")) return true;
  return estimator == "theory" && counts_in_place(question);
}

}  // namespace calibram
