// SPDX-License-Identifier: MIT
// estimate --rules: what people and programs read of the four rules of thumb.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> qwen = {"estimate", "qwen2-7b", "--prompt", "4096"};

std::vector<std::string> with(std::vector<std::string> arguments, std::vector<std::string> more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(EstimateRules, TextHasTheFourRulesAndWhyTheyDiffer) {
  const Program program;
  const Outcome outcome = program.run(with(qwen, {"--rules"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("rule-1.2"), HasSubstr("rule-per-token"), HasSubstr("rule-kv"),
                                 HasSubstr("rule-terms"), HasSubstr("all heads, 7 for each KV head")));
  EXPECT_THAT(program.run(qwen).out, Not(HasSubstr("rule-kv")));
}

TEST(EstimateRules, JsonHasOneObjectForEachRule) {
  const Program program;
  const Json document = Json::parse(program.run(with(qwen, {"--rules", "--json"})).out);
  ASSERT_EQ(document.at("rules").size(), 4U);
  for (const Json& rule : document.at("rules")) {
    std::int64_t terms = 0;
    for (const Json& bytes : rule.at("terms")) terms += bytes.get<std::int64_t>();
    EXPECT_EQ(terms, rule.at("total_bytes").get<std::int64_t>());
    EXPECT_EQ(rule.at("total_bytes").get<std::int64_t>() - rule.at("difference_bytes").get<std::int64_t>(),
              document.at("total_bytes").get<std::int64_t>());
    EXPECT_LE(rule.at("reasons").size(), 3U);
    EXPECT_TRUE(rule.at("unanswered").is_null());
    std::int64_t before = INT64_MAX;
    for (const Json& reason : rule.at("reasons")) {
      const std::int64_t size = std::abs(reason.at("difference_bytes").get<std::int64_t>());
      EXPECT_LE(size, before);
      before = size;
      EXPECT_FALSE(reason.at("code").get<std::string>().empty());
      EXPECT_THAT(reason.at("text").get<std::string>(), Not(HasSubstr("{")));
    }
  }
  EXPECT_FALSE(Json::parse(program.run(with(qwen, {"--json"})).out).contains("rules"));
}

TEST(EstimateRules, APartOfATotalLeavesThemUnanswered) {
  const Program program;
  const std::vector<std::string> cache = with(qwen, {"--rules", "--metric", "kv_cache"});
  EXPECT_THAT(program.run(cache).out, HasSubstr("rule-kv cannot answer: rules of thumb mean a total"));
  const Json document = Json::parse(program.run(with(cache, {"--json"})).out);
  for (const Json& rule : document.at("rules")) {
    EXPECT_TRUE(rule.at("total_bytes").is_null());
    EXPECT_TRUE(rule.at("ratio").is_null());
    EXPECT_THAT(rule.at("unanswered").get<std::string>(), HasSubstr("a total"));
    EXPECT_TRUE(rule.at("reasons").empty());
  }
}

}  // namespace
}  // namespace calibram
