// SPDX-License-Identifier: MIT
// Each reason about the cache, where it is true and where it is not.
#include "tests/bench/calculator/rules/beside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

Question of(const std::string& model, Workload workload = {.prompt = 1000},
            const std::string& runtime = "calibram") {
  return ask(model, runtime, workload, "bf16");
}

Question with_kv(Question question, const char* format) {
  question.kv = &kv_format(format);
  return question;
}

TEST(CacheReasons, RuleKvCountsOneSequence) {
  EXPECT_TRUE(gives(of("qwen2-7b", {.batch = 3, .prompt = 1000}), "rule-kv", "cache_one_sequence"));
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-kv", "cache_one_sequence"));
  EXPECT_FALSE(gives(of("qwen2-7b", {.batch = 3, .prompt = 1000}), "rule-terms", "cache_one_sequence"));
  const RuleBeside result = beside(of("qwen2-7b", {.batch = 3, .prompt = 1000}), "rule-kv");
  EXPECT_EQ(find_reason(result, "cache_one_sequence")->difference,
            -2 * result.estimate->terms[Term::kv_cache]);
}

TEST(CacheReasons, RuleKvTakesParametersForWhatTheModelsKindOfCacheDecides) {
  const struct {
    const char* model;
    std::string code;
  } kinds[] = {
      {"llama-2-7b", "cache_by_parameters"},           {"qwen2-7b", "cache_by_parameters_grouped"},
      {"mixtral-8x7b", "cache_by_parameters_experts"}, {"deepseek-v2-lite", "cache_by_parameters_latent"},
      {"jamba-v0.1", "cache_by_parameters_hybrid"},    {"gemma-3n-e4b", "cache_by_parameters_hybrid"}};
  for (const auto& kind : kinds)
    for (const auto& other : kinds)
      EXPECT_EQ(gives(of(kind.model), "rule-kv", other.code), kind.code == other.code)
          << kind.model << " " << other.code;
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-terms", "cache_by_parameters_grouped"));
}

TEST(CacheReasons, RuleTermsCountsAllHeadsWhereSomeShareAKvHead) {
  const RuleBeside result = beside(of("qwen2-7b"), "rule-terms");
  const Reason* reason = find_reason(result, "cache_all_heads");
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->difference, Bytes{2LL * 28 * 128 * (28 - 4) * 1000 * 2});
  EXPECT_THAT(reason_text(*reason), HasSubstr("all heads, 7 for each KV head"));
  EXPECT_FALSE(gives(of("llama-2-7b"), "rule-terms", "cache_all_heads"));
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-kv", "cache_all_heads"));
}

TEST(CacheReasons, RuleTermsMissesSharedCachesAndLatentVectors) {
  EXPECT_TRUE(gives(of("gemma-3n-e4b"), "rule-terms", "cache_shared"));
  EXPECT_FALSE(gives(of("gemma-2-9b"), "rule-terms", "cache_shared"));
  EXPECT_TRUE(gives(of("deepseek-v2-lite"), "rule-terms", "cache_latent_missed"));
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-terms", "cache_latent_missed"));
  const RuleBeside result = beside(of("deepseek-v2-lite"), "rule-terms");
  EXPECT_EQ(find_reason(result, "cache_latent_missed")->difference, Bytes{-(512LL + 64) * 2 * 27 * 1000});
}

TEST(CacheReasons, ValuesShorterThanKeysAreNamedWhereTheyAre) {
  Question question = of("qwen2-0.5b");
  EXPECT_FALSE(gives(question, "rule-terms", "cache_value_size"));
  auto model = std::make_shared<Model>(*question.model);
  for (LayerRun& run : model->layers) std::get<Attention>(run.layer.mixer).value_size = 32;
  question.model = std::move(model);
  EXPECT_TRUE(gives(question, "rule-terms", "cache_value_size"));
}

TEST(CacheReasons, WindowsCountWhereTheRuntimeKeepsThemAndTheContextIsLonger) {
  const Workload longer{.prompt = 8000}, shorter{.prompt = 1000};
  for (const char* rule : {"rule-kv", "rule-terms"}) {
    EXPECT_TRUE(gives(of("gemma-2-9b", longer, "vllm@0.19.0"), rule, "cache_windows"));
    EXPECT_TRUE(gives(of("gemma-2-9b", longer, "llama.cpp@v0.5.0"), rule, "cache_windows"));
    EXPECT_FALSE(gives(of("gemma-2-9b", shorter, "vllm@0.19.0"), rule, "cache_windows"));
    EXPECT_FALSE(gives(of("gemma-2-9b", longer), rule, "cache_windows"));  // which keeps all tokens
    EXPECT_FALSE(gives(of("qwen2-7b", longer, "vllm@0.19.0"), rule, "cache_windows"));
    EXPECT_FALSE(gives(question_about("gemma-2-9b", "vllm@0.19.0", longer, {{"hybrid_kv_cache", "off"}}),
                       rule, "cache_windows"));
  }
  const RuleBeside result = beside(of("gemma-2-9b", longer, "vllm@0.19.0"), "rule-terms");
  EXPECT_THAT(reason_text(*find_reason(result, "cache_windows")), HasSubstr("21 of 42 layers"));
}

TEST(CacheReasons, TheCachesFormatIsUnknownToRuleKvAndItsScalesToRuleTerms) {
  const Question narrow = with_kv(of("qwen2-7b"), "int8");
  EXPECT_TRUE(gives(narrow, "rule-kv", "cache_format"));
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-kv", "cache_format"));
  EXPECT_FALSE(gives(narrow, "rule-terms", "cache_format"));
  EXPECT_TRUE(gives(narrow, "rule-terms", "cache_scales"));
  EXPECT_FALSE(gives(of("qwen2-7b"), "rule-terms", "cache_scales"));
  EXPECT_FALSE(
      gives(with_kv(of("qwen2-7b", {.prompt = 1000}, "vllm@0.19.0"), "fp8"), "rule-terms", "cache_scales"));
  // One FP32 scale for each position, KV head, key and value.
  const RuleBeside result = beside(narrow, "rule-terms");
  EXPECT_EQ(find_reason(result, "cache_scales")->difference, Bytes{-2LL * 28 * 4 * 1000 * 4});
}

TEST(CacheReasons, StatesAreMissedWhereLayersKeepThem) {
  for (const char* rule : {"rule-kv", "rule-terms"}) {
    EXPECT_TRUE(gives(of("jamba-v0.1"), rule, "cache_states"));
    EXPECT_TRUE(gives(of("mamba-130m"), rule, "cache_states"));
    EXPECT_FALSE(gives(of("qwen2-7b"), rule, "cache_states"));
    EXPECT_FALSE(gives(of("jamba-v0.1"), "rule-1.2", "cache_states"));
  }
}

TEST(CacheReasons, WhatIsHeldBeyondTheTokensIsNamedWhereItIs) {
  for (const char* rule : {"rule-kv", "rule-terms"}) {
    EXPECT_TRUE(gives(of("qwen2-7b", {.prompt = 1001}, "vllm@0.19.0"), rule, "cache_held"));  // pages of 16
    EXPECT_FALSE(gives(of("qwen2-7b", {.prompt = 1008}, "vllm@0.19.0"), rule, "cache_held"));
    EXPECT_FALSE(gives(of("qwen2-7b"), rule, "cache_held"));
    EXPECT_FALSE(gives(of("qwen2-7b", {.prompt = 1001}, "vllm@0.19.0"), rule, "cache_measured"));
  }
}

TEST(CacheReasons, OnlyAFittedCacheIsCalledMeasured) {
  const WithProfile host{"intel-r-xeon-r-processor/profile.json"};
  Question question = ask("qwen2-0.5b", "calibram", {.prompt = 400}, "fp32");
  question.metric = Metric::rss;
  EXPECT_TRUE(find_reason(of_rule(rules_beside(question, host.ask(question)), "rule-kv"), "cache_measured"));
  const WithProfile engine{"published/vllm_0_19_h100.json"};
  question = of("llama-3.1-8b", {.prompt = 1001}, "vllm@0.19.0");
  question.metric = Metric::device;  // put together: its cache is counted
  const std::vector<RuleBeside> all = rules_beside(question, engine.ask(question));
  EXPECT_FALSE(find_reason(of_rule(all, "rule-kv"), "cache_measured"));
  EXPECT_TRUE(find_reason(of_rule(all, "rule-kv"), "cache_held"));
}

}  // namespace
}  // namespace calibram
