// SPDX-License-Identifier: MIT
// Prefers what was measured to what was counted.
#include "bench/calculator/calculator.hpp"

#include "src/engine/count.hpp"

#include <utility>

namespace calibram {

PreparedAsk::PreparedAsk(const Estimator& preferred, const Estimator* otherwise, const Question& question)
    : preferred_{preferred},
      otherwise_{otherwise},
      by_preferred_{preferred.prepare(question)},
      by_other_{otherwise ? otherwise->prepare(question) : nullptr} {}

Asked PreparedAsk::ask(const Workload& workload) {
  Asked asked{preferred_.name(), by_preferred_->answer(workload)};
  if (asked.estimate() || !otherwise_) return asked;
  return {otherwise_->name(), by_other_->answer(workload)};
}

Calculator::Calculator(const Estimators& estimators, std::string estimator)
    : estimators_{estimators}, estimator_{std::move(estimator)} {
  if (!estimator_.empty()) estimator_named(estimators_, estimator_);
}

Asked Calculator::ask(const Question& question) const { return prepare(question).ask(question.workload); }

PreparedAsk Calculator::prepare(const Question& question) const {
  const std::string_view only = only_estimator(question);
  if (!only.empty()) return {estimator_named(estimators_, only), nullptr, question};
  return {estimator_named(estimators_, "calibrated"), &estimator_named(estimators_, "theory"), question};
}

std::string_view Calculator::only_estimator(const Question& question) const {
  if (!estimator_.empty()) return estimator_;
  if (!question.model) return "rule-1.2";
  if (is_composed(question.metric)) return "calibrated";
  return find_estimator(estimators_, "calibrated") ? "" : "theory";
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
