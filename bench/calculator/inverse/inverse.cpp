// SPDX-License-Identifier: MIT
// The most tokens and the most sequences that fit, each with everything below it.
#include "bench/calculator/inverse/inverse.hpp"

#include "bench/calculator/inverse/largest.hpp"
#include "bench/calculator/inverse/monotone.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

void require_taken(Metric metric) {
  if (is_composed(metric))
    throw InputError{fmt::format("nothing is the most that fits by the metric {}", name_of(metric)),
                     "it is what is left, not what is taken", "ask for the metric device or allocated"};
}

using With = Question (*)(Question, std::int64_t);

struct Asking {
  const Calculator& calculator;
  const Question& question;
  const Capacity& capacity;
  With with;

  Held held(std::int64_t number) const { return hold_against(calculator, with(question, number), capacity); }
};

/// @param at_limit  what ends the numbers there
Largest largest_of(const Asking& asking, std::int64_t limit, Limit at_limit) {
  require_taken(asking.question.metric);
  Largest largest;
  largest.number = largest_holding({limit, [&](std::int64_t number) { return fits(asking.held(number)); },
                                    never_shrinks(asking.calculator, asking.question)});
  if (largest.number > 0) largest.fitting = std::get<Fitting>(asking.held(largest.number));
  if (largest.number == limit) {
    largest.limit = at_limit;
    return largest;
  }
  const Held next = asking.held(largest.number + 1);
  if (const auto* refused = std::get_if<Unanswered>(&next)) {
    largest.limit = Limit::refused;
    largest.refusal = refused->reason;
  } else {
    largest.beyond = std::get<Fitting>(next);
  }
  return largest;
}

}  // namespace

Held hold_against(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  try {
    const Asked asked = calculator.ask(question);
    if (const Estimate* estimate = asked.estimate()) return fit_into(*estimate, question.metric, capacity);
    return std::get<Unanswered>(asked.answer);
  } catch (const InputError& error) {
    return Unanswered{error.what()};
  }
}

bool fits(const Held& held) {
  const auto* fitting = std::get_if<Fitting>(&held);
  return fitting && fitting->fits();
}

Largest max_context(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  const std::int64_t positions = question.model ? question.model->max_positions : 0;
  const bool ends = positions > 0 && positions <= most_context_tokens;
  return largest_of({calculator, question, capacity, with_context}, ends ? positions : most_context_tokens,
                    ends ? Limit::positions : Limit::search);
}

Largest max_batch(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  return largest_of({calculator, question, capacity, with_batch}, most_sequences, Limit::search);
}

}  // namespace calibram
