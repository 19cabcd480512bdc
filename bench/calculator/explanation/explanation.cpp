// SPDX-License-Identifier: MIT
// Counts the question again with its books open, and explains term by term.
#include "bench/calculator/explanation/explanation.hpp"

#include "bench/calculator/explanation/steps.hpp"
#include "fit/theory.hpp"

#include <algorithm>

namespace calibram {
namespace {

TermBytes theory_of(const Question& question) {
  TermBytes sum;
  const auto theory = theory_terms(question);
  if (const auto* terms = std::get_if<TheoryTerms>(&theory))
    for (const TermBytes& device : terms->devices) sum += device;
  return sum;
}

Steps steps_of(const Question& question, const Runtime& runtime, const Count& count, Term term, Bytes bytes,
               const std::vector<TensorGroup>& tensors) {
  if (term == Term::weights) return weights_steps(question, bytes);
  if (term != Term::kv_cache) return pass_steps(question, runtime, term, bytes, tensors);
  const auto fullest =
      std::max_element(count.devices.begin(), count.devices.end(),
                       [](const DeviceCount& a, const DeviceCount& b) { return a.total < b.total; });
  return cache_steps(question, runtime, fullest->phase, bytes, tensors);
}

void explain_theory(const Question& question, Explanation& explanation) {
  const TermBytes theory = theory_of(question);
  if (theory.total() == Bytes{}) return;
  const Runtime runtime = runtime_of(question);
  const Count counted = count(question, runtime);
  const std::vector<TensorGroup> tensors = tensors_at_peak(question, runtime);
  for (std::size_t t = 0; t < term_count; ++t) {
    const Term term = static_cast<Term>(t);
    if (theory[term] == Bytes{}) continue;
    explanation.terms.push_back(
        {term, theory[term], steps_of(question, runtime, counted, term, theory[term], tensors)});
  }
  explanation.devices = counted.devices;
}

void add_scaled(const FittedPart& part, std::vector<ScaledTerm>& scaled) {
  for (std::size_t t = 0; t < term_count; ++t) {
    const Term term = static_cast<Term>(t);
    const bool is_constant = term == Term::constant;
    const std::int64_t multiplied = is_constant ? part.devices : part.theory[term].count();
    if (multiplied == 0 || part.coefficients[t] == 0) continue;
    scaled.push_back({term, part.metric, part.coefficients[t], multiplied, part.terms[term]});
  }
}

/// Where an answer is put together from several metrics, theory counts the whole for all of them.
Question question_of_theory(Question question, const std::vector<FittedPart>& parts) {
  const bool is_put_together = std::any_of(
      parts.begin(), parts.end(), [&](const FittedPart& part) { return part.metric != question.metric; });
  if (is_put_together) question.metric = Metric::allocated;
  return question;
}

}  // namespace

Explanation explain(const Calculator& calculator, const Question& question, const Asked& asked) {
  Explanation explanation;
  if (!asked.estimate()) return explanation;
  if (asked.estimator.starts_with("rule-")) {
    explanation.terms = rule_steps(question, asked.estimator, asked.estimate()->terms);
    return explanation;
  }
  const std::vector<FittedPart> parts = calculator.fitted_parts(question, asked);
  // What a budget leaves is not made of the workload's terms.
  if (!is_composed(question.metric)) explain_theory(question_of_theory(question, parts), explanation);
  for (const FittedPart& part : parts) add_scaled(part, explanation.scaled);
  return explanation;
}

}  // namespace calibram
