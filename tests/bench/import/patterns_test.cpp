// SPDX-License-Identifier: MIT
// The tables of patterns: every one compiles, has a group and says where its line comes from.
#include "bench/import/llama_cpp/patterns.hpp"
#include "bench/import/line_patterns.hpp"
#include "bench/import/vllm/patterns.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(LinePatterns, EveryPatternSetsSomethingAndHasAnOrigin) {
  for (const auto table : {vllm_patterns(), llama_cpp_patterns()}) {
    EXPECT_NO_THROW(LineMatcher{table});
    for (const LinePattern& pattern : table) {
      const RE2 expression{pattern.expression, RE2::Latin1};
      EXPECT_GT(expression.NamedCapturingGroups().size(), 0u) << pattern.expression;
      EXPECT_FALSE(pattern.origin.empty()) << pattern.expression;
    }
  }
}

TEST(LinePatterns, WhatEndsWithACutLineIsNotTaken) {
  const LineMatcher matcher{llama_cpp_patterns()};
  const std::string_view text = "llama_context: n_ctx         = 40";
  EXPECT_EQ(matcher.match({1, text, true}).size(), 1u);
  EXPECT_EQ(matcher.match({1, text, false}).size(), 0u);
}

}  // namespace
}  // namespace calibram
