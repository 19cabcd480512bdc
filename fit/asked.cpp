// SPDX-License-Identifier: MIT
// Prefers what was measured to what was counted.
#include "fit/asked.hpp"

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

std::string_view only_estimator(const Estimators& estimators, std::string_view name,
                                const Question& question) {
  if (!name.empty()) return name;
  if (!question.model) return "rule-1.2";
  if (is_composed(question.metric)) return "calibrated";
  const Estimator* calibrated = find_estimator(estimators, "calibrated");
  if (!calibrated || !calibrated->may_answer(question)) return "theory";
  const Estimator* theory = find_estimator(estimators, "theory");
  return theory && theory->may_answer(question) ? "" : "calibrated";
}

PreparedAsk prepare(const Estimators& estimators, std::string_view name, const Question& question) {
  const std::string_view only = only_estimator(estimators, name, question);
  if (!only.empty()) return {estimator_named(estimators, only), nullptr, question};
  return {estimator_named(estimators, "calibrated"), &estimator_named(estimators, "theory"), question};
}

}  // namespace calibram
