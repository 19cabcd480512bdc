// SPDX-License-Identifier: MIT
// The estimators that need no profile, in the order in which tables show them; and all of them by name.
#include "fit/seed_rules.hpp"
#include "fit/theory.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"

#include <algorithm>
#include <utility>

namespace calibram {

namespace {

class AskedAnew : public PreparedQuestion {
 public:
  AskedAnew(const Estimator& estimator, Question question)
      : estimator_{estimator}, question_{std::move(question)} {}

  Answer answer(const Workload& workload) override {
    question_.workload = workload;
    return estimator_.answer(question_);
  }

 private:
  const Estimator& estimator_;
  Question question_;
};

}  // namespace

std::unique_ptr<PreparedQuestion> Estimator::prepare(const Question& question) const {
  return std::make_unique<AskedAnew>(*this, question);
}

Estimators rules_and_theory() {
  Estimators estimators = seed_rules();
  estimators.push_back(theory());
  return estimators;
}

const Estimator* find_estimator(const Estimators& estimators, std::string_view name) {
  const auto found = std::find_if(estimators.begin(), estimators.end(),
                                  [&](const auto& estimator) { return estimator->name() == name; });
  return found == estimators.end() ? nullptr : found->get();
}

const Estimator& estimator_named(const Estimators& estimators, std::string_view name) {
  if (const Estimator* found = find_estimator(estimators, name)) return *found;
  if (name == "calibrated")
    throw InputError{"there is no profile to calibrate with",
                     "this machine has none and --profile names none",
                     "run \"calibram calibrate\", or name one with --profile"};
  std::vector<std::string_view> known;
  for (const auto& estimator : estimators) known.push_back(estimator->name());
  if (known.back() != "calibrated") known.emplace_back("calibrated");
  throw unknown_name("estimator", name, known);
}

}  // namespace calibram
