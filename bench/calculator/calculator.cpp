// SPDX-License-Identifier: MIT
// Prefers what was measured to what was counted.
#include "bench/calculator/calculator.hpp"

#include "src/engine/count.hpp"

#include <utility>

namespace calibram {

Calculator::Calculator(const Estimators& estimators, std::string estimator)
    : estimators_{estimators}, estimator_{std::move(estimator)} {
  if (!estimator_.empty()) estimator_named(estimators_, estimator_);
}

Asked Calculator::ask(const Question& question) const {
  const auto asked = [&](const Estimator& estimator) {
    return Asked{estimator.name(), estimator.answer(question)};
  };
  if (!estimator_.empty()) return asked(estimator_named(estimators_, estimator_));
  if (!question.model) return asked(estimator_named(estimators_, "rule-1.2"));
  if (is_composed(question.metric)) return asked(estimator_named(estimators_, "calibrated"));
  if (const Estimator* calibrated = find_estimator(estimators_, "calibrated")) {
    Asked answer = asked(*calibrated);
    if (answer.estimate()) return answer;
  }
  return asked(estimator_named(estimators_, "theory"));
}

std::optional<Estimate> Calculator::cache_room(Question question) const {
  const Estimator* calibrated = find_estimator(estimators_, "calibrated");
  if (!calibrated || !question.model || !runtime_of(question).cache_room) return std::nullopt;
  question.metric = Metric::kv_available;
  const Answer answer = calibrated->answer(question);
  if (const auto* estimate = std::get_if<Estimate>(&answer)) return *estimate;
  return std::nullopt;
}

std::vector<FittedPart> Calculator::fitted_parts(const Question& question, const Asked& asked) const {
  return estimator_named(estimators_, asked.estimator).fitted_parts(question);
}

bool Calculator::fits(const Question& question, const Capacity& capacity) const {
  const Asked asked = ask(question);
  return asked.estimate() && fit_into(*asked.estimate(), question.metric, capacity).fits();
}

}  // namespace calibram
