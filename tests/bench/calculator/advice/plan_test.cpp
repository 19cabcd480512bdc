// SPDX-License-Identifier: MIT
// The plan is the cheapest of all combinations that fit, which brute force finds by trying every one.
#include "bench/calculator/advice/plan.hpp"

#include "tests/bench/calculator/questions.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace calibram {
namespace {

using namespace literals;

/// Every combination at its highest settings, by recursion; the cheapest of those that fit.
class BruteForce {
 public:
  BruteForce(const Theorist& theorist, const Capacity& capacity) : theorist_{theorist}, capacity_{capacity} {}

  void try_all(const Question& question, const std::vector<RemedyGroup>& groups, const Cost& cost) {
    if (groups.empty()) return try_one(question, cost);
    const std::vector<RemedyGroup> others{groups.begin() + 1, groups.end()};
    try_all(question, others, cost);
    int place = 0;
    for (const Remedy& remedy : groups.front().choices) {
      Question changed = question;
      remedy.apply(changed, remedy.settings);
      Cost with_it = cost;
      with_it.add(remedy.cost, remedy.steps, place++);
      try_all(changed, others, with_it);
    }
  }

  const std::optional<Cost>& cheapest() const { return cheapest_; }

 private:
  void try_one(const Question& question, const Cost& cost) {
    if (cheapest_ && *cheapest_ <= cost) return;
    const std::optional<Need> need = need_of(theorist_, question, capacity_);
    if (need && need->fitting.fits()) cheapest_ = cost;
  }

  const Theorist& theorist_;
  const Capacity& capacity_;
  std::optional<Cost> cheapest_;
};

std::optional<Cost> by_brute_force(const Theorist& theorist, const Question& question,
                                   const Capacity& capacity, const RemedyLimits& limits) {
  BruteForce search{theorist, capacity};
  search.try_all(question, remedies_for(question, limits), {});
  if (limits.keep_engine) return search.cheapest();
  int place = 0;
  for (const OtherEngine& other : other_engines(question)) {
    Cost cost;
    cost.add(CostClass::other_engine, 1, place++);
    search.try_all(other.question, remedies_for(other.question, limits), cost);
  }
  return search.cheapest();
}

void expect_cheapest(const Question& question, const RemedyLimits& limits,
                     std::initializer_list<int> percentages) {
  const Theorist theorist;
  const Bytes as_asked = need_of(theorist, question, memory_of(1_GiB))->fitting.needed;
  for (const int percent : percentages) {
    const Capacity capacity = memory_of(Bytes{as_asked.count() / 100 * percent});
    const std::optional<Plan> plan = cheapest_plan(theorist, question, capacity, limits);
    const std::optional<Cost> cheapest = by_brute_force(theorist, question, capacity, limits);
    ASSERT_EQ(plan.has_value(), cheapest.has_value()) << percent << " % of " << question.runtime;
    if (!plan) continue;
    EXPECT_TRUE(plan->need.fitting.fits());
    EXPECT_TRUE(plan->cost == *cheapest) << percent << " % of " << question.runtime;
  }
}

TEST(Plan, IsTheCheapestOfAllCombinationsOfOurOwnPass) {
  expect_cheapest(question_about("qwen2-0.5b", "calibram", {2, 2000, 10, {}},
                                 {{"logits", "all"}, {"attention", "eager"}}),
                  {1, false, false, false, true}, {100, 60, 40, 20, 10, 5, 1});
}

TEST(Plan, IsTheCheapestOfAllCombinationsOfTransformers) {
  expect_cheapest(question_about("qwen2-0.5b", "transformers@4.38.2", {1, 4000, 10, {}}),
                  {2, false, false, false, true}, {90, 50, 25, 10});
}

TEST(Plan, IsTheCheapestOfAllCombinationsOfVllm) {
  expect_cheapest(question_about("qwen2-0.5b", "vllm@0.19.0", {1, 30000, 10, {}}),
                  {2, false, false, true, true}, {80, 50, 20});
}

TEST(Plan, IsTheCheapestOfAllCombinationsOfLlamaCpp) {
  expect_cheapest(question_about("qwen2-0.5b", "llama.cpp@v0.5.0", {1, 2000, 10, {}}),
                  {1, false, false, true, true}, {85, 60, 30});
}

TEST(Plan, IsTheCheapestOfAllEngines) {
  expect_cheapest(question_about("qwen2-0.5b", "transformers@4.46.0", {1, 4000, 10, {}}),
                  {1, true, false, true, false}, {80, 60});
}

TEST(Plan, NeedsNoStepWhereItFits) {
  const Theorist theorist;
  const std::optional<Plan> plan = cheapest_plan(
      theorist, question_about("qwen2-0.5b", "calibram", {1, 100, 0, {}}), memory_of(8_GiB), {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->steps.empty());
}

TEST(Plan, IsNoneWhereNothingFits) {
  const Theorist theorist;
  EXPECT_FALSE(cheapest_plan(theorist, question_about("qwen2-0.5b", "calibram", {1, 100, 0, {}}),
                             memory_of(1_MiB), {}));
}

TEST(Plan, LeavesOnTheCardAsManyLayersAsFit) {
  const Theorist theorist;
  const Question question =
      question_about("qwen2-7b", "llama.cpp@v0.5.0", {1, 2000, 10, {}}, {{"backend", "cuda"}});
  const RemedyLimits limits{1, true, true, true, true};
  const Capacity capacity = memory_of(8_GiB);
  const std::optional<Plan> plan = cheapest_plan(theorist, question, capacity, limits);
  ASSERT_TRUE(plan);
  Question changed = plan->need.on_card.question;
  const std::string layers = changed.options.at("ngl");
  changed.options["ngl"] = std::to_string(std::stoi(layers) + 1);
  EXPECT_FALSE(need_of(theorist, changed, capacity)->fitting.fits());
}

TEST(Plan, ShortensTheContextLastAndNoMoreThanNeeded) {
  const Theorist theorist;
  const Question question = question_about("qwen2-0.5b", "calibram", {1, 30000, 10, {}});
  const RemedyLimits limits{1, true, true, false, true};
  const Capacity capacity = memory_of(Bytes{1'500'000'000});
  const std::optional<Plan> plan = cheapest_plan(theorist, question, capacity, limits);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->steps.back().cost, CostClass::shorter_context);
  Question changed = plan->need.on_card.question;
  ++changed.workload.prompt;
  EXPECT_FALSE(need_of(theorist, changed, capacity)->fitting.fits());
}

TEST(Plan, StepsSaveWhatTheWholeSaves) {
  const Theorist theorist;
  const Question question = question_about("qwen2-7b", "vllm@0.19.0", {1, 30000, 10, {}});
  const Capacity capacity = memory_of(7_GiB);
  const std::optional<Plan> plan = cheapest_plan(theorist, question, capacity, {1, false, true, true, true});
  ASSERT_TRUE(plan);
  ASSERT_GE(plan->steps.size(), 2U);
  Bytes saved;
  for (const PlanStep& step : plan->steps) saved += step.saves.value_or(Bytes{});
  EXPECT_EQ(saved, need_of(theorist, question, capacity)->fitting.needed - plan->need.fitting.needed);
}

}  // namespace
}  // namespace calibram
