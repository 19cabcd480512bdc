// SPDX-License-Identifier: MIT
// How entries of module lists are read: parts of names, globs, regular expressions.
#include "src/model/quantisation/kept_modules.hpp"

#include "src/model/quantisation/module_pattern.hpp"

#include <gmock/gmock.h>

#include <string>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool matches(std::string_view entry, std::string_view module) {
  for (const ModulePattern& pattern : module_patterns(entry))
    if (pattern.matches(module)) return true;
  return false;
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

TEST(ModulePattern, ARegularExpressionIsReadAsPythonMatches) {
  EXPECT_TRUE(matches("re:.*self_attn.*", "model.layers.7.self_attn.q_proj"));
  EXPECT_TRUE(matches("re:.*lm_head", "lm_head"));
  EXPECT_FALSE(matches("re:self_attn.*", "model.layers.7.self_attn.q_proj")) << "it begins at the beginning";
  EXPECT_TRUE(matches("re:model\\.layers\\.\\d+\\.mlp", "model.layers.7.mlp.up_proj"));
  EXPECT_TRUE(matches("re:.*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.7.mlp.down_proj"));
  EXPECT_FALSE(matches("re:.*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.7.mlp.experts.0.down_proj"));
  EXPECT_FALSE(matches("re:.*mlp$", "model.layers.7.mlp_x"));
}

TEST(ModulePattern, WhatIsNotUnderstoodIsNoPattern) {
  for (const char* entry :
       {"re:(a|(b|c))", "re:(a", "re:a{2,3}", "re:[abc]", "re:(a*)*b", "re:x?", "re:(?=x)", ""})
    EXPECT_TRUE(module_patterns(entry).empty()) << entry;
  EXPECT_TRUE(module_patterns(std::string(300, 'a')).empty());
  EXPECT_TRUE(module_patterns("re:" + std::string(200, '(')).empty());
  EXPECT_TRUE(module_patterns("re:(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)").empty()) << "256 alternatives";
}

TEST(ModulePattern, ALayerNumberFollowedByAStarMayGoOn) {
  const auto layers = [](const char* entry) { return module_patterns(entry).front().layers(20).value(); };
  EXPECT_THAT(layers("model.layers.3.mlp"), ElementsAre(3));
  EXPECT_THAT(layers("model.layers.1.*"), ElementsAre(1));
  EXPECT_THAT(layers("model.layers.1*"), ElementsAre(1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
  EXPECT_THAT(layers("model.layers.20.mlp"), ElementsAre());
  EXPECT_FALSE(module_patterns("model.layers.*.mlp").front().layers(20));
}

TEST(NamedWeights, AnEntryThatIsNotUnderstoodIsSaid) {
  Model model;
  model.layers = {{Layer{}, 2}};
  const std::vector<std::string> entries = {"re:[a]", "no.such.module"};
  EXPECT_THAT(named_weights(entries, model).remarks, ElementsAre(HasSubstr("re:[a]")));
}

}  // namespace
}  // namespace calibram
