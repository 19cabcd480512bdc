// SPDX-License-Identifier: MIT
// The four rules of thumb beside an answer, and why they differ from it.
#pragma once

#include "bench/calculator/rules/reason.hpp"
#include "fit/asked.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

struct RuleBeside {
  std::string_view rule;
  std::optional<Estimate> estimate;  ///< nothing where the rule cannot answer
  std::string unanswered;            ///< why
  Bytes difference;                  ///< the rule's total less the answer's
  double ratio = 0;                  ///< of the rule's total to the answer's; 0 where that is nothing
  /// All, the largest first, which add up to the difference. None where the rule cannot answer, or where the
  /// answer itself is a rule's and nothing was counted.
  std::vector<Reason> reasons;

  /// Those that people are shown: three at most, none of less than a thousandth of the answer.
  std::span<const Reason> largest_reasons() const;
};

/// @param ours  an answer to the question, which has an estimate
std::vector<RuleBeside> rules_beside(const Question& question, const Asked& ours);

}  // namespace calibram
