// SPDX-License-Identifier: MIT
// What to do where a question's answer does not fit: every remedy by itself, and the cheapest combination
// that fits.
#pragma once

#include "bench/calculator/advice/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One remedy by itself: what the question needs with it, or why that is not known.
struct AdviceRow {
  std::string_view kind;
  std::string name = {};  ///< empty where there is none of its kind
  CostClass cost = CostClass::free;
  std::optional<Need> need = {};
  std::string absence = {};  ///< why there is no need
  Bytes saves{};             ///< on the fullest card: needed as asked less needed with it
};

struct Advice {
  Need as_asked;
  std::vector<AdviceRow> rows;
  std::optional<Plan> plan;  ///< nothing where it fits as asked, or no combination does
  /// Where the plan changes formats, the cheapest that does not.
  std::optional<Plan> plan_in_these_formats;
};

/// @throws InputError when the question itself cannot be answered
Advice advise(const Calculator& calculator, const Question& question, const Capacity& capacity,
              const RemedyLimits& limits);

}  // namespace calibram
