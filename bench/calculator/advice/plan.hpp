// SPDX-License-Identifier: MIT
// The cheapest combination of remedies that makes a question's answer fit.
#pragma once

#include "bench/calculator/advice/on_card.hpp"
#include "bench/calculator/advice/remedies.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// An answer held against the card.
struct Need {
  OnCard on_card;
  Fitting fitting;
};

/// Nothing where the question is not answered.
std::optional<Need> need_of(const Calculator& calculator, const Question& question, const Capacity& capacity);

/// A remedy and which of its settings is meant.
struct Taken {
  const Remedy* remedy;
  std::int64_t setting;
};

/// The question with these remedies.
Question with(Question question, const std::vector<Taken>& taken);

/// Gives each remedy with settings the least that fits while the others stay, the dearest remedy first.
/// @return nothing where the answer does not even fit at the highest settings
std::optional<Need> least_settings(const Calculator& calculator, const Question& question,
                                   const Capacity& capacity, std::vector<Taken>& taken);

struct PlanStep {
  std::string name;
  CostClass cost;
  std::optional<Bytes>
      saves;  ///< beside the steps before it; nothing where it needs those after it to be answered
};

struct Plan {
  std::vector<PlanStep> steps;
  Cost cost;
  Need need;
};

/// The cheapest by the order of Cost: combinations are tried in that order, all of them if need be, those of
/// the other engines included. Nothing where none fits.
std::optional<Plan> cheapest_plan(const Calculator& calculator, const Question& question,
                                  const Capacity& capacity, const RemedyLimits& limits);

}  // namespace calibram
