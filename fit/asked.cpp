// SPDX-License-Identifier: MIT
// Prefers what was measured to what was counted.
#include "fit/asked.hpp"

namespace calibram {

Asked ask(const Estimators& estimators, const std::string& name, const Question& question) {
  const auto asked = [&](const Estimator& estimator) {
    return Asked{estimator.name(), estimator.answer(question)};
  };
  if (!name.empty()) return asked(estimator_named(estimators, name));
  if (!question.model) return asked(estimator_named(estimators, "rule-1.2"));
  if (is_composed(question.metric)) return asked(estimator_named(estimators, "calibrated"));
  if (const Estimator* calibrated = find_estimator(estimators, "calibrated")) {
    Asked answer = asked(*calibrated);
    if (answer.estimate()) return answer;
  }
  return asked(estimator_named(estimators, "theory"));
}

}  // namespace calibram
