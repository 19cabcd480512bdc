// SPDX-License-Identifier: MIT
// Sorts all combinations by their cost, and takes the first that fits.
#include "bench/calculator/advice/plan.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// The question under one engine, and what may be done about it there.
struct Start {
  std::string runtime;  ///< of another engine; empty for the one that was asked
  Question question;
  std::vector<RemedyGroup> groups;
  Cost cost;
};

/// One choice, or none, of every group of a start.
struct Combination {
  Cost cost;
  const Start* start;
  std::vector<Taken> taken;
};

std::vector<Start> starts_for(const Question& question, const RemedyLimits& limits) {
  std::vector<Start> starts = {{"", question, remedies_for(question, limits), {}}};
  if (limits.keep_engine) return starts;
  int place = 0;
  for (OtherEngine& other : other_engines(question)) {
    try {
      Start start{other.runtime, other.question, remedies_for(other.question, limits), {}};
      start.cost.add(CostClass::other_engine, 1, place++);
      starts.push_back(std::move(start));
    } catch (const InputError&) {
      continue;  // an engine that does not run this model
    }
  }
  return starts;
}

void add_combinations(const Start& start, std::vector<Combination>& all) {
  const std::size_t first = all.size();
  all.push_back({start.cost, &start, {}});
  for (const RemedyGroup& group : start.groups) {
    const std::size_t end = all.size();
    int place = 0;
    for (const Remedy& remedy : group.choices) {
      for (std::size_t i = first; i < end; ++i) {
        Combination combination = all[i];
        combination.cost.add(remedy.cost, remedy.steps, place);
        combination.taken.push_back({&remedy, remedy.settings});
        all.push_back(std::move(combination));
      }
      ++place;
    }
  }
}

std::vector<Combination> combinations_by_cost(const std::vector<Start>& starts) {
  std::vector<Combination> all;
  for (const Start& start : starts) add_combinations(start, all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Combination& a, const Combination& b) { return a.cost < b.cost; });
  return all;
}

/// Each step's saving beside those before it.
std::vector<PlanStep> steps_of(const Calculator& calculator, const Question& asked, const Capacity& capacity,
                               const Combination& combination) {
  std::vector<PlanStep> steps;
  std::optional<Need> before = need_of(calculator, asked, capacity);
  const auto add = [&](std::string name, CostClass cost, const Question& changed) {
    std::optional<Need> after = need_of(calculator, changed, capacity);
    std::optional<Bytes> saves;
    if (before && after) saves = before->fitting.needed - after->fitting.needed;
    steps.push_back({std::move(name), cost, saves});
    before = std::move(after);
  };
  const Start& start = *combination.start;
  if (!start.runtime.empty()) add(start.runtime, CostClass::other_engine, start.question);
  std::vector<Taken> done;
  for (const Taken& taken : combination.taken) {
    done.push_back(taken);
    add(name_of(*taken.remedy, taken.setting), taken.remedy->cost, with(start.question, done));
  }
  return steps;
}

}  // namespace

std::optional<Need> need_of(const Calculator& calculator, const Question& question,
                            const Capacity& capacity) {
  OnCard on_card = ask_on_card(calculator, question);
  if (!on_card.estimate()) return std::nullopt;
  const Fitting fitting = fit_into(*on_card.estimate(), question.metric, capacity);
  return Need{std::move(on_card), fitting};
}

Question with(Question question, const std::vector<Taken>& taken) {
  for (const Taken& one : taken) one.remedy->apply(question, one.setting);
  return question;
}

std::optional<Need> least_settings(const Calculator& calculator, const Question& question,
                                   const Capacity& capacity, std::vector<Taken>& taken) {
  const auto need = [&] { return need_of(calculator, with(question, taken), capacity); };
  const auto fits = [&] {
    const std::optional<Need> now = need();
    return now && now->fitting.fits();
  };
  if (!fits()) return std::nullopt;
  std::vector<Taken*> dials;
  for (Taken& one : taken)
    if (one.remedy->settings > 1) dials.push_back(&one);
  std::sort(dials.begin(), dials.end(),
            [](const Taken* a, const Taken* b) { return a->remedy->cost > b->remedy->cost; });
  for (Taken* dial : dials) {
    std::int64_t too_little = 0, enough = dial->setting;
    while (enough - too_little > 1) {
      dial->setting = too_little + (enough - too_little) / 2;
      (fits() ? enough : too_little) = dial->setting;
    }
    dial->setting = enough;
  }
  return need();
}

std::optional<Plan> cheapest_plan(const Calculator& calculator, const Question& question,
                                  const Capacity& capacity, const RemedyLimits& limits) {
  const std::vector<Start> starts = starts_for(question, limits);
  for (Combination& combination : combinations_by_cost(starts)) {
    std::optional<Need> need =
        least_settings(calculator, combination.start->question, capacity, combination.taken);
    if (need)
      return Plan{steps_of(calculator, question, capacity, combination), combination.cost, std::move(*need)};
  }
  return std::nullopt;
}

}  // namespace calibram
