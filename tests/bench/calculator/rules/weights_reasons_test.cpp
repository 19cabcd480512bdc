// SPDX-License-Identifier: MIT
// Each reason about weights, where it is true and where it is not.
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"
#include "tests/bench/calculator/rules/beside.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

constexpr const char* all_rules[] = {"rule-1.2", "rule-per-token", "rule-kv", "rule-terms"};

Question of_weights(const std::string& model, const std::string& format,
                    const std::string& runtime = "calibram") {
  Question question = ask(model, runtime, {.prompt = 1000}, "bf16");
  question.weights = &weight_format(format);
  return question;
}

TEST(WeightsReasons, GibIsTheTablesAlone) {
  const Question question = of_weights("qwen2-7b", "bf16");
  for (const char* rule : all_rules)
    EXPECT_EQ(gives(question, rule, "weights_as_gib"), rule == std::string{"rule-per-token"});
  const RuleBeside result = beside(question, "rule-per-token");
  const Reason* reason = find_reason(result, "weights_as_gib");
  const double weights = 2 * question.parameters;
  EXPECT_NEAR(static_cast<double>(reason->difference.count()) / weights, (1 << 30) / 1e9 - 1, 1e-9);
}

TEST(WeightsReasons, ThePublishedSumIsThatOf72BIn16Bits) {
  EXPECT_TRUE(gives(of_weights("qwen2-72b", "bf16"), "rule-per-token", "weights_published"));
  EXPECT_FALSE(gives(of_weights("qwen2-72b", "bf16"), "rule-per-token", "weights_as_gib"));
  EXPECT_FALSE(gives(of_weights("qwen2-72b", "int8"), "rule-per-token", "weights_published"));
  EXPECT_TRUE(gives(of_weights("qwen2-72b", "int8"), "rule-per-token", "weights_as_gib"));
  EXPECT_FALSE(gives(of_weights("qwen2-7b", "bf16"), "rule-per-token", "weights_published"));
}

TEST(WeightsReasons, WhatAFormatLeavesAloneAndItsScalesAreNamedWhereThereAreSuch) {
  for (const char* rule : all_rules)
    for (const char* code : {"weights_left_wide", "weights_scales"}) {
      EXPECT_TRUE(gives(of_weights("qwen2-7b", "awq-int4"), rule, code)) << rule << " " << code;
      EXPECT_FALSE(gives(of_weights("qwen2-7b", "bf16"), rule, code)) << rule << " " << code;
      EXPECT_FALSE(gives(of_weights("qwen2-7b", "fp16"), rule, code)) << rule << " " << code;
    }
}

TEST(WeightsReasons, TheBytesOfScalesAndOfWhatIsLeftAreTheFormats) {
  const Question question = of_weights("qwen2-7b", "awq-int4");
  const RuleBeside result = beside(question, "rule-1.2");
  const Reason* left = find_reason(result, "weights_left_wide");
  const Reason* scales = find_reason(result, "weights_scales");
  // AWQ leaves embedding and head, 2 x 152064 x 3584, and biases and norms in 16 bits.
  EXPECT_THAT(reason_text(*left), HasSubstr("1.09·10⁹ parameters in 16 bits"));
  EXPECT_EQ(left->difference + scales->difference,
            rounded_bytes(question.parameters / 2) - weight_bytes(*question.model, *question.weights));
  EXPECT_LT(scales->difference, Bytes{});
}

TEST(WeightsReasons, BlocksOfTheRuntimeAreNamedWhereItHasThem) {
  EXPECT_TRUE(gives(of_weights("qwen2-7b", "bf16", "transformers@4.46.0"), "rule-1.2", "weights_held"));
  EXPECT_FALSE(gives(of_weights("qwen2-7b", "bf16"), "rule-1.2", "weights_held"));
}

TEST(WeightsReasons, AProfilesWeightsAreCalledMeasured) {
  const WithProfile profile{"intel-r-xeon-r-processor/profile.json"};
  Question question = ask("qwen2-0.5b", "calibram", {.prompt = 400}, "fp32");
  question.metric = Metric::rss;
  for (const RuleBeside& result : rules_beside(question, profile.ask(question))) {
    EXPECT_TRUE(find_reason(result, "weights_measured")) << result.rule;
    EXPECT_FALSE(find_reason(result, "weights_held")) << result.rule;
  }
  EXPECT_FALSE(gives(of_weights("qwen2-7b", "bf16", "transformers@4.46.0"), "rule-1.2", "weights_measured"));
}

/// Files of a model whose tensors take 5 bits for each parameter.
Question of_files() {
  Question question = of_weights("qwen2-0.5b", "bf16");
  auto stored = std::make_shared<StoredWeights>();
  const auto bytes = static_cast<std::int64_t>(question.parameters * 5 / 8);
  stored->tensors.push_back(
      {"model.embed_tokens.weight", find_safetensors_type("U8"), {bytes}, 0, 0, Bytes{bytes}});
  auto model = std::make_shared<Model>(*question.model);
  model->stored = std::move(stored);
  question.model = std::move(model);
  question.weights = &weight_format("as-stored");
  return question;
}

TEST(WeightsReasons, TheTablesBitsAreNotThoseOfFiles) {
  EXPECT_TRUE(gives(of_files(), "rule-per-token", "weights_of_files"));
  EXPECT_FALSE(gives(of_files(), "rule-1.2", "weights_of_files"));  // which takes what they hold on average
  EXPECT_FALSE(gives(of_files(), "rule-per-token", "weights_scales"));
  EXPECT_FALSE(gives(of_weights("qwen2-0.5b", "bf16"), "rule-per-token", "weights_of_files"));
}

}  // namespace
}  // namespace calibram
