// SPDX-License-Identifier: MIT
// estimate --rules: the four rules of thumb beside the answer, and why they differ.
#pragma once

#include "bench/calculator/rules/compare.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace calibram {

/// A table of totals, then each rule's largest reasons.
std::string rules_text(const std::vector<RuleBeside>& rules);

/// One object for each rule.
nlohmann::ordered_json rules_json(const std::vector<RuleBeside>& rules);

}  // namespace calibram
