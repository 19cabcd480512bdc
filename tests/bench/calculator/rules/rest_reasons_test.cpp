// SPDX-License-Identifier: MIT
// Each reason about tokens, activations, overheads and constants, where it is true and where it is not.
#include "tests/bench/calculator/rules/beside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace calibram {
namespace {

using testing::HasSubstr;

Question of(const std::string& model, const std::string& runtime, Workload workload = {.prompt = 1000},
            Options options = {}) {
  return ask(model, runtime, workload, "bf16", options);
}

TEST(RestReasons, APerTokenFigureIsLogitsThatTheRuntimeDoesNotKeep) {
  EXPECT_TRUE(gives(of("qwen2-7b", "calibram"), "rule-per-token", "tokens_last_logits"));
  EXPECT_TRUE(gives(of("qwen2-7b", "transformers@4.46.0"), "rule-per-token", "tokens_last_logits"));
  EXPECT_TRUE(
      gives(of("qwen2-7b", "vllm@0.19.0", {.prompt = 20000}), "rule-per-token", "tokens_last_logits"));
  EXPECT_FALSE(gives(of("llama-2-7b", "transformers@4.38.2"), "rule-per-token", "tokens_last_logits"));
  EXPECT_FALSE(gives(of("llama-2-7b", "calibram", {.prompt = 1000}, {{"logits", "all"}}), "rule-per-token",
                     "tokens_last_logits"));
  // At the peak, in the layers, there are no logits yet.
  const RuleBeside result = beside(of("qwen2-7b", "calibram"), "rule-per-token");
  EXPECT_EQ(find_reason(result, "tokens_last_logits")->difference, Bytes{1000LL * 152064 * 6});
}

TEST(RestReasons, WhereAllLogitsAreKeptTheVocabularyDecides) {
  EXPECT_TRUE(gives(of("llama-2-7b", "transformers@4.38.2"), "rule-per-token", "tokens_vocabulary"));
  EXPECT_TRUE(gives(of("llama-2-7b", "calibram", {.prompt = 1000}, {{"logits", "all"}}), "rule-per-token",
                    "tokens_vocabulary"));
  EXPECT_FALSE(gives(of("llama-2-7b", "calibram"), "rule-per-token", "tokens_vocabulary"));
  EXPECT_FALSE(gives(of("qwen2-7b", "transformers@4.38.2", {.prompt = 8000}), "rule-per-token",
                     "tokens_vocabulary"));  // the very model that was measured
}

TEST(RestReasons, AShortPromptMayHaveFewerLogitsThanTheRuntimeProvidesFor) {
  EXPECT_TRUE(gives(of("qwen2-7b", "vllm@0.19.0", {.prompt = 10}), "rule-per-token", "tokens_more_logits"));
  EXPECT_FALSE(
      gives(of("qwen2-7b", "vllm@0.19.0", {.prompt = 20000}), "rule-per-token", "tokens_more_logits"));
}

TEST(RestReasons, From72BOnTheTableAddsUpCards) {
  EXPECT_TRUE(gives(of("qwen2-72b", "calibram"), "rule-per-token", "tokens_sum_of_cards"));
  EXPECT_FALSE(gives(of("qwen2-72b", "calibram"), "rule-per-token", "tokens_cache"));
  EXPECT_FALSE(gives(of("qwen2-7b", "calibram"), "rule-per-token", "tokens_sum_of_cards"));
  EXPECT_TRUE(gives(of("qwen2-7b", "calibram"), "rule-per-token", "tokens_cache"));
  EXPECT_FALSE(gives(of("qwen2-72b", "calibram"), "rule-kv", "tokens_sum_of_cards"));
}

TEST(RestReasons, EveryRuleHasItsOwnShareForTheRest) {
  const Question question = of("qwen2-7b", "calibram");
  const std::pair<const char*, std::string> shares[] = {
      {"rule-1.2", "rest_share"}, {"rule-kv", "rest_fixed"}, {"rule-terms", "rest_unmeasured"}};
  for (const auto& [rule, code] : shares)
    for (const auto& [other, other_code] : shares)
      EXPECT_EQ(gives(question, rule, other_code), code == other_code) << rule << " " << other_code;
}

TEST(RestReasons, ActivationsAreFreedLayerByLayerOrLargerWithinOne) {
  EXPECT_TRUE(gives(of("qwen2-7b", "calibram"), "rule-terms", "activation_all_layers"));
  EXPECT_FALSE(gives(of("qwen2-7b", "calibram"), "rule-terms", "activation_in_a_layer"));
  const Question eager = of("qwen2-7b", "transformers@4.46.0", {.prompt = 4000}, {{"attention", "eager"}});
  EXPECT_TRUE(gives(eager, "rule-terms", "activation_in_a_layer"));
  EXPECT_FALSE(gives(eager, "rule-terms", "activation_all_layers"));
  EXPECT_FALSE(gives(eager, "rule-terms", "activation_of_step"));
  EXPECT_FALSE(gives(eager, "rule-1.2", "activation_in_a_layer"));
}

TEST(RestReasons, EnginesThatTakeStepsHaveTheirStepsActivations) {
  const RuleBeside vllm = beside(of("qwen2-7b", "vllm@0.19.0", {.prompt = 20000}), "rule-terms");
  ASSERT_TRUE(find_reason(vllm, "activation_of_step"));
  EXPECT_THAT(reason_text(*find_reason(vllm, "activation_of_step")), HasSubstr("at most 2048 tokens"));
  const RuleBeside llama =
      beside(of("qwen2-7b", "llama.cpp@v0.5.0", {.prompt = 4096}, {{"ubatch", "256"}}), "rule-terms");
  ASSERT_TRUE(find_reason(llama, "activation_of_step"));
  EXPECT_THAT(reason_text(*find_reason(llama, "activation_of_step")), HasSubstr("at most 256 tokens"));
  EXPECT_FALSE(find_reason(llama, "activation_all_layers"));
}

TEST(RestReasons, AConstantIsAProfiles) {
  const WithProfile profile{"intel-r-xeon-r-processor/profile.json"};
  Question question = ask("qwen2-0.5b", "calibram", {.prompt = 400}, "fp32");
  question.metric = Metric::rss;
  const Asked ours = profile.ask(question);
  for (const RuleBeside& result : rules_beside(question, ours)) {
    const Reason* reason = find_reason(result, "constant_measured");
    ASSERT_TRUE(reason) << result.rule;
    EXPECT_EQ(reason->difference, Bytes{} - ours.estimate()->terms[Term::constant]);
  }
  EXPECT_FALSE(gives(of("qwen2-7b", "calibram"), "rule-1.2", "constant_measured"));
}

TEST(ReasonKinds, HaveCodesOfTheirOwn) {
  std::set<std::string_view> codes;
  for (const ReasonKind& kind : reason_kinds) {
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_FALSE(kind.text.empty());
    EXPECT_EQ(find_reason_kind(kind.code), &kind);
  }
  EXPECT_EQ(find_reason_kind("because"), nullptr);
}

}  // namespace
}  // namespace calibram
