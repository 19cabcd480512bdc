// SPDX-License-Identifier: MIT
// Asks, and holds the answer against a capacity.
#include "bench/calculator/calculator.hpp"

#include "src/engine/count.hpp"

#include <utility>

namespace calibram {

Calculator::Calculator(const Estimators& estimators, std::string estimator)
    : estimators_{estimators}, estimator_{std::move(estimator)} {
  if (!estimator_.empty()) estimator_named(estimators_, estimator_);
}

Asked Calculator::ask(const Question& question) const { return prepare(question).ask(question.workload); }

PreparedAsk Calculator::prepare(const Question& question) const {
  return calibram::prepare(estimators_, estimator_, question);
}

std::string_view Calculator::only_estimator(const Question& question) const {
  return calibram::only_estimator(estimators_, estimator_, question);
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
