// SPDX-License-Identifier: MIT
// How entries of module lists are read: parts of names, globs, regular expressions.
#include "src/model/quantisation/kept_modules.hpp"

#include "src/model/quantisation/module_pattern.hpp"
#include "src/model/weights.hpp"
#include "tests/support/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

bool matches(std::string_view entry, std::string_view module) {
  return module_pattern(entry).value().matches(module);
}

bool re_matches(std::string_view expression, std::string_view module) {
  ModuleExpressions expressions;
  EXPECT_TRUE(expressions.add(expression)) << expression;
  return expressions.match(module);
}

TEST(ModulePattern, APlainEntryIsPartOfANameInWholeComponents) {
  EXPECT_TRUE(matches("lm_head", "lm_head"));
  EXPECT_TRUE(matches("lm_head.weight", "lm_head"));
  EXPECT_TRUE(matches("mlp", "model.layers.3.mlp.up_proj"));
  EXPECT_TRUE(matches("mlp.gate.", "model.layers.3.mlp.gate"));
  EXPECT_FALSE(matches("mlp.gate", "model.layers.3.mlp.gate_proj"));
  EXPECT_FALSE(matches("model.layers.1", "model.layers.12.mlp.up_proj"));
}

TEST(ModulePattern, AGlobMayNameWhatContainsTheModule) {
  EXPECT_TRUE(matches("model.layers.*.self_attn", "model.layers.7.self_attn.q_proj"));
  EXPECT_TRUE(matches("model.layers.7.self_attn*", "model.layers.7.self_attn.q_proj"));
  EXPECT_FALSE(matches("*.attn.*", "model.layers.7.self_attn.q_proj"));
  EXPECT_TRUE(matches("model.language_model.layers.7.mlp*", "model.layers.7.mlp.up_proj"));
}

TEST(ModulePattern, AnEmptyEntryIsNone) {
  EXPECT_FALSE(module_pattern(""));
  EXPECT_FALSE(module_pattern(".weight"));
  EXPECT_FALSE(module_pattern(std::string(300, 'a')));
}

TEST(ModuleExpressions, MatchAsPythonDoes) {
  EXPECT_TRUE(re_matches(".*self_attn.*", "model.layers.7.self_attn.q_proj"));
  EXPECT_TRUE(re_matches(".*lm_head", "lm_head"));
  EXPECT_FALSE(re_matches("self_attn.*", "model.layers.7.self_attn.q_proj")) << "it begins at the beginning";
  EXPECT_TRUE(re_matches("model\\.layers\\.\\d+\\.mlp", "model.layers.7.mlp.up_proj"))
      << "and may end before the end";
  EXPECT_TRUE(re_matches(".*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.7.mlp.down_proj"));
  EXPECT_FALSE(re_matches(".*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.7.mlp.experts.0.down_proj"));
  EXPECT_FALSE(re_matches(".*mlp$", "model.layers.7.mlp.up_proj"));
  EXPECT_TRUE(re_matches(".*[qkv]_proj$", "model.layers.7.self_attn.k_proj"));
  EXPECT_TRUE(re_matches("(?:model\\.)?layers\\.([0-9]|1[0-5])\\..*", "model.layers.15.mlp.up_proj"));
  EXPECT_FALSE(re_matches("(?:model\\.)?layers\\.([0-9]|1[0-5])\\..*", "model.layers.16.mlp.up_proj"));
  EXPECT_TRUE(re_matches("lm_head|.*mlp", "lm_head"));
}

TEST(ModuleExpressions, MayNameTheTextPartOfAWrapper) {
  EXPECT_TRUE(re_matches("^model\\.language_model\\.layers\\.7\\.mlp", "model.layers.7.mlp.up_proj"));
  EXPECT_TRUE(re_matches("language_model.model.layers.*", "model.layers.7.mlp.up_proj"));
  EXPECT_FALSE(re_matches("model\\.visual\\..*", "model.layers.7.mlp.up_proj"));
}

TEST(ModuleExpressions, WhatCannotBeMatchedInLinearTimeIsRefused) {
  ModuleExpressions expressions;
  for (const char* expression : {"(a", "(?=x)", "(a)\\1", "a{1001}"})
    EXPECT_FALSE(expressions.add(expression)) << expression;
  EXPECT_FALSE(expressions.add(std::string(300, 'a')));
  EXPECT_FALSE(expressions.add("(abcdefgh){1000}")) << "too large";
  EXPECT_TRUE(expressions.empty());
}

TEST(ModuleExpressions, AreNotTooLargeTogether) {
  ModuleExpressions expressions;
  int taken = 0;
  while (taken < 1000 && expressions.add("(abcdefgh){100}")) ++taken;
  EXPECT_GT(taken, 1);
  EXPECT_LT(taken, 10);
  EXPECT_TRUE(expressions.add("lm_head")) << "a small one still fits";
}

TEST(ModulePattern, ALayerNumberFollowedByAStarMayGoOn) {
  const auto layers = [](const char* entry) { return module_pattern(entry)->layers(20).value(); };
  EXPECT_THAT(layers("model.layers.3.mlp"), ElementsAre(3));
  EXPECT_THAT(layers("model.layers.1.*"), ElementsAre(1));
  EXPECT_THAT(layers("model.layers.1*"), ElementsAre(1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
  EXPECT_THAT(layers("model.layers.20.mlp"), ElementsAre());
  EXPECT_FALSE(module_pattern("model.layers.*.mlp")->layers(20));
}

TEST(NamedWeights, AnEntryThatIsNotUnderstoodIsSaid) {
  Model model;
  model.layers = {{Layer{}, 2}};
  const std::vector<std::string> entries = {"re:(?=a)", "no.such.module"};
  EXPECT_THAT(named_weights(entries, model).remarks, ElementsAre(HasSubstr("re:(?=a)")));
}

TEST(NamedWeights, AnExpressionMayTellLayersApart) {
  Layer layer;
  attention_in(layer) = {.heads = 4, .kv_heads = 2, .head_size = 16};
  Model model;
  model.layers = {{layer, 12}};
  const NamedWeights most =
      named_weights(std::vector<std::string>{R"(re:.*layers\.([0-9]|10)\.self_attn\.o_proj)"}, model);
  EXPECT_TRUE(most.names[static_cast<std::size_t>(WeightName::output)]);
  EXPECT_FALSE(most.names[static_cast<std::size_t>(WeightName::query)]);
  EXPECT_THAT(most.remarks, ElementsAre(HasSubstr("self_attn.o_proj is left alone in 11 of 12 layers")));
  const NamedWeights all = named_weights(std::vector<std::string>{R"(re:.*[qo]_proj$)"}, model);
  EXPECT_TRUE(all.names[static_cast<std::size_t>(WeightName::query)]);
  EXPECT_FALSE(all.names[static_cast<std::size_t>(WeightName::key)]);
  EXPECT_THAT(all.remarks, IsEmpty());
}

}  // namespace
}  // namespace calibram
