// SPDX-License-Identifier: MIT
// Differences, ratios and reasons of the four rules: they add up, whatever is asked.
#include "bench/calculator/rules/compare.hpp"

#include "tests/bench/calculator/rules/beside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

Bytes sum_of(const RuleBeside& beside, std::optional<Term> only = {}) {
  Bytes sum;
  for (const Reason& reason : beside.reasons)
    if (!only || reason.term == only) sum += reason.difference;
  return sum;
}

void expect_sound(const Question& question, const Asked& ours) {
  const TermBytes& terms = ours.estimate()->terms;
  for (const RuleBeside& beside : rules_beside(question, ours)) {
    SCOPED_TRACE(question.subject + " " + question.runtime + " " + question.weights->name + " " +
                 std::string{beside.rule});
    ASSERT_TRUE(beside.estimate);
    EXPECT_EQ(beside.difference, beside.estimate->total - ours.estimate()->total);
    EXPECT_EQ(sum_of(beside), beside.difference);
    EXPECT_EQ(sum_of(beside, Term::weights), beside.estimate->terms[Term::weights] - terms[Term::weights]);
    if (beside.rule == "rule-kv" || beside.rule == "rule-terms") {
      EXPECT_EQ(sum_of(beside, Term::kv_cache),
                beside.estimate->terms[Term::kv_cache] - terms[Term::kv_cache]);
    }
    for (std::size_t i = 0; i < beside.reasons.size(); ++i) {
      const Reason& reason = beside.reasons[i];
      EXPECT_TRUE(find_reason_kind(reason.code)) << reason.code;
      EXPECT_NE(reason.difference, Bytes{});
      EXPECT_THAT(reason_text(reason), Not(HasSubstr("{")));
      if (i > 0) {
        EXPECT_GE(std::abs(beside.reasons[i - 1].difference.count()), std::abs(reason.difference.count()));
      }
    }
    EXPECT_LE(beside.largest_reasons().size(), 3U);
  }
}

const std::vector<std::string> models = {
    "qwen2-7b",     "qwen2-72b",   "llama-2-7b", "mixtral-8x7b", "deepseek-v2-lite",  "gemma-2-9b",
    "gemma-3n-e4b", "gpt-oss-20b", "jamba-v0.1", "mamba-130m",   "qwen3-next-80b-a3b"};
const std::vector<std::string> runtimes = {"calibram", "transformers@4.38.2", "transformers@4.46.0",
                                           "vllm@0.19.0", "llama.cpp@v0.5.0"};
const std::vector<std::string> formats_of_weights = {"bf16", "fp32", "int8", "awq-int4", "q4_k"};

TEST(RulesBeside, ReasonsAddUpToTheDifferencesOfTotalsAndTerms) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  int answered = 0;
  for (const std::string& model : models)
    for (const std::string& runtime : runtimes)
      for (const std::string& format : formats_of_weights)
        for (const Workload& workload :
             {Workload{.prompt = 300, .generate = 20}, Workload{.batch = 3, .prompt = 6000},
              Workload{.batch = 2, .prompt = 50, .context = std::int64_t{9000}}}) {
          Question question = ask(model, runtime, workload, format == "fp32" ? "fp32" : "bf16");
          question.weights = &weight_format(format);
          const Asked ours = calculator.ask(question);
          if (!ours.estimate()) continue;  // the engine, or the model, does not allow it
          ++answered;
          expect_sound(question, ours);
        }
  EXPECT_GT(answered, 150);
}

TEST(RulesBeside, ReasonsAddUpWhereAProfileAnswers) {
  const WithProfile host{"intel-r-xeon-r-processor/profile.json"};
  Question question = ask("qwen2-0.5b", "calibram", {.batch = 2, .prompt = 400}, "fp32");
  question.metric = Metric::rss;
  ASSERT_EQ(host.ask(question).estimator, "calibrated");
  expect_sound(question, host.ask(question));
  const WithProfile engine{"published/vllm_0_19_h100.json"};
  question = ask("llama-3.1-8b", "vllm@0.19.0", {.batch = 2, .prompt = 400}, "bf16");
  question.metric = Metric::device;
  ASSERT_EQ(engine.ask(question).estimator, "calibrated");
  expect_sound(question, engine.ask(question));
}

TEST(RulesBeside, ReasonsAddUpOnSeveralDevices) {
  const Estimators estimators = rules_and_theory();
  for (const char* runtime : {"transformers@4.38.2", "vllm@0.19.0"}) {
    Question question = ask("qwen2-72b", runtime, {.prompt = 2000}, "bf16");
    question.devices = 2;
    expect_sound(question, Calculator{estimators}.ask(question));
  }
}

TEST(RulesBeside, AreTheFourInTheirOrderWithTheirOwnTotals) {
  const Estimators estimators = rules_and_theory();
  const Question question = ask("qwen2-7b", "calibram", {.prompt = 4096}, "bf16");
  const Asked ours = Calculator{estimators}.ask(question);
  const std::vector<RuleBeside> all = rules_beside(question, ours);
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].rule, estimators[i]->name());
    const Answer answer = estimators[i]->answer(question);
    EXPECT_EQ(all[i].estimate->total, std::get<Estimate>(answer).total);
    EXPECT_DOUBLE_EQ(all[i].ratio * static_cast<double>(ours.estimate()->total.count()),
                     static_cast<double>(all[i].estimate->total.count()));
  }
}

TEST(RulesBeside, AnswerNoPartsOfATotal) {
  Question question = ask("qwen2-7b", "calibram", {.prompt = 4096}, "bf16");
  question.metric = Metric::kv_cache;
  const RuleBeside result = beside(question, "rule-kv");
  EXPECT_FALSE(result.estimate);
  EXPECT_THAT(result.unanswered, HasSubstr("not the metric kv_cache"));
  EXPECT_TRUE(result.reasons.empty());
  EXPECT_TRUE(result.largest_reasons().empty());
}

TEST(RulesBeside, GiveNoReasonsBesideARule) {
  const Question question = ask("70B", "calibram", {.prompt = 4096}, "bf16");
  EXPECT_EQ(beside(question, "rule-1.2").difference, Bytes{});
  EXPECT_NE(beside(question, "rule-kv").difference, Bytes{});
  EXPECT_TRUE(beside(question, "rule-kv").reasons.empty());
  EXPECT_THAT(beside(question, "rule-terms").unanswered, HasSubstr("bare size"));
}

TEST(RulesBeside, ShowNothingOfLessThanAThousandth) {
  const Question question = ask("qwen2-7b", "vllm@0.19.0", {.prompt = 1001}, "bf16");
  const RuleBeside result = beside(question, "rule-kv");
  ASSERT_TRUE(find_reason(result, "cache_held"));  // 7 tokens of a page
  const std::span<const Reason> shown = result.largest_reasons();
  ASSERT_FALSE(shown.empty());
  EXPECT_TRUE(std::none_of(shown.begin(), shown.end(),
                           [](const Reason& reason) { return reason.code == "cache_held"; }));
}

}  // namespace
}  // namespace calibram
