// SPDX-License-Identifier: MIT
// Rules beside an answer, in one line of a test.
#pragma once

#include "bench/calculator/rules/compare.hpp"
#include "fit/calibrated.hpp"
#include "fit/profile.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <algorithm>
#include <string_view>

namespace calibram {

/// Null where the answer has no reason of this code.
inline const Reason* find_reason(const RuleBeside& beside, std::string_view code) {
  const auto found = std::find_if(beside.reasons.begin(), beside.reasons.end(),
                                  [&](const Reason& reason) { return reason.code == code; });
  return found == beside.reasons.end() ? nullptr : &*found;
}

inline const RuleBeside& of_rule(const std::vector<RuleBeside>& all, std::string_view rule) {
  return *std::find_if(all.begin(), all.end(), [&](const RuleBeside& one) { return one.rule == rule; });
}

/// Beside theory's answer.
inline RuleBeside beside(const Question& question, std::string_view rule) {
  const Estimators estimators = rules_and_theory();
  return of_rule(rules_beside(question, Calculator{estimators}.ask(question)), rule);
}

inline bool gives(const Question& question, std::string_view rule, std::string_view code) {
  const RuleBeside result = beside(question, rule);
  return find_reason(result, code) != nullptr;
}

/// What the answers of a profile of this project's repository are held beside.
class WithProfile {
 public:
  explicit WithProfile(const std::string& file) {
    estimators_.push_back(
        calibrated(std::make_shared<const Profile>(read_profile(CALIBRAM_SOURCE_DIR "/results/" + file))));
  }

  Asked ask(const Question& question) const { return Calculator{estimators_}.ask(question); }

 private:
  Estimators estimators_ = rules_and_theory();
};

}  // namespace calibram
