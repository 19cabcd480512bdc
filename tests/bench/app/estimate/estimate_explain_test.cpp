// SPDX-License-Identifier: MIT
// estimate --explain: a reader who computes along arrives at every number.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <regex>
#include <sstream>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

const std::string host_profile = CALIBRAM_SOURCE_DIR "/results/amd-epyc/profile.json";
const std::string vllm_profile = CALIBRAM_SOURCE_DIR "/results/published/vllm_0_19_h100.json";

std::string explained(const Program& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "estimate");
  arguments.emplace_back("--explain");
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

/// "28 layers x 2 (keys and values) x 128": the product of what the factors begin with.
double product_of(const std::string& formula) {
  double product = 1;
  for (std::size_t at = 0; at != std::string::npos;) {
    product *= std::stod(formula.substr(at));
    at = formula.find(" x ", at);
    if (at != std::string::npos) at += 3;
  }
  return product;
}

/// Computes every indented "a x b = n bytes" again. @return how many there were
int check_products(const std::string& text) {
  const std::regex line{R"(^  (?:[a-z_]+(?: \(in the metric [a-z_]+\))? = )?(-?\d[^=]*) = (-?\d+) bytes$)"};
  int products = 0;
  std::istringstream in{text};
  for (std::string each; std::getline(in, each);) {
    std::smatch match;
    if (!std::regex_match(each, match, line)) continue;
    ++products;
    EXPECT_NEAR(product_of(match[1]), std::stod(match[2]), 1) << each;
  }
  return products;
}

TEST(EstimateExplain, TheStepsOfATermAddUpToItsLine) {
  const Program program;
  const std::string text = explained(program, {"mixtral-8x7b", "--weights", "awq-int4", "--prompt", "3000"});
  EXPECT_GE(check_products(text), 5);
  std::istringstream in{text};
  std::int64_t term = -1, steps = -1;
  int terms = 0;
  const std::regex heading{R"(^[a-z_]+ = -?[\d.]+ GiB = (\d+) bytes$)"}, step{R"(^  .* = (\d+) bytes$)"};
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_match(line, match, heading)) {
      EXPECT_EQ(steps, term) << "of the term before " << line;
      term = std::stoll(match[1]), steps = 0, ++terms;
    } else if (std::regex_match(line, match, step)) {
      steps += std::stoll(match[1]);
    }
  }
  EXPECT_EQ(steps, term);
  EXPECT_EQ(terms, 3) << "weights, kv_cache and activation";
}

TEST(EstimateExplain, AFittedTermIsTheCoefficientTimesTheory) {
  const Program program;
  const std::vector<std::string> arguments = {"qwen2-0.5b", "--metric", "rss",       "--weights", "fp16",
                                              "--prompt",   "500",      "--profile", host_profile};
  const std::string text = explained(program, arguments);
  EXPECT_GE(check_products(text), 8);
  EXPECT_THAT(text, HasSubstr("\nby " + host_profile + ":\n  weights = "));
  std::smatch bound;
  ASSERT_TRUE(std::regex_search(
      text, bound, std::regex{R"(99 % bound: (\d+) bytes \+ ([\d.]+) x (\d+) bytes = (\d+) bytes)"}));
  EXPECT_NEAR(std::stod(bound[1]) + std::stod(bound[2]) * std::stod(bound[3]), std::stod(bound[4]),
              1 + std::stod(bound[2]));
  std::smatch both;
  ASSERT_TRUE(std::regex_search(
      text, both, std::regex{R"(95 %: (\d+) bytes ± ([\d.]+) x (\d+) bytes = (\d+) to (\d+) bytes)"}));
  EXPECT_NEAR(std::stod(both[1]) - std::stod(both[2]) * std::stod(both[3]), std::stod(both[4]), 3);
  EXPECT_NEAR(std::stod(both[1]) + std::stod(both[2]) * std::stod(both[3]), std::stod(both[5]), 3);
}

TEST(EstimateExplain, WhatIsPutTogetherNamesTheMetricOfEveryFit) {
  const Program program;
  const std::string text =
      explained(program, {"qwen2.5-14b", "--runtime", "vllm@0.19.0", "--profile", vllm_profile, "--metric",
                          "device", "--context", "32768", "--batch", "4", "--device", "H100 80GB"});
  EXPECT_GE(check_products(text), 5);
  EXPECT_THAT(text, HasSubstr("\n  weights (in the metric weights) = "));
  EXPECT_THAT(text, HasSubstr("\n  constant (in the metric other) = "));
}

TEST(EstimateExplain, ACardThatIsNamedHasItsDifference) {
  const Program program;
  const std::string text = explained(program, {"qwen2-7b", "--gpu", "RTX 4090"});
  std::smatch match;
  ASSERT_TRUE(std::regex_search(
      text, match,
      std::regex{
          R"(RTX 4090: (\d+) bytes - (\d+) set aside - (\d+) needed \(the total\) = (\d+) bytes left)"}));
  EXPECT_EQ(std::stoll(match[1]) - std::stoll(match[2]) - std::stoll(match[3]), std::stoll(match[4]));
}

TEST(EstimateExplain, TheJsonHasTheSameFormulas) {
  const Program program;
  const std::vector<std::string> arguments = {"gemma-2-9b", "--prompt", "5000", "--batch", "2"};
  const std::string text = explained(program, arguments);
  const Json json = Json::parse(
      explained(program, {"gemma-2-9b", "--prompt", "5000", "--batch", "2", "--json"}))["explanation"];
  ASSERT_FALSE(json["terms"].empty());
  for (const Json& term : json["terms"])
    for (const Json& step : term["steps"])
      EXPECT_THAT(text, HasSubstr("  " + step["formula"].get<std::string>() + " = " +
                                  std::to_string(step["bytes"].get<std::int64_t>()) + " bytes\n"));
}

TEST(EstimateExplain, WithoutItNothingIsExplained) {
  const Program program;
  const Outcome outcome = program.run({"estimate", "qwen2-7b", "--json"});
  EXPECT_FALSE(Json::parse(outcome.out).contains("explanation"));
}

}  // namespace
}  // namespace calibram
