// SPDX-License-Identifier: MIT
// The questions of calibram estimate that are asked the other way round, as a user sees them.
#include "tests/bench/app/machine.hpp"
#include "tests/bench/app/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

Json inverse_of(const Program& program, std::vector<std::string> arguments, int status = 0) {
  arguments.insert(arguments.begin(), "estimate");
  arguments.emplace_back("--json");
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.status, status) << outcome.err;
  return Json::parse(outcome.out).at("inverse");
}

std::int64_t total_of(const Program& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "estimate");
  arguments.emplace_back("--json");
  return Json::parse(program.run(arguments).out).at("total_bytes");
}

TEST(EstimateInverse, TheMaxContextFitsAndOneTokenMoreDoesNot) {
  const Program program;
  const std::int64_t capacity = 18LL << 30;
  const Json inverse =
      inverse_of(program, {"qwen2-7b", "--generate", "100", "--max-context", "--capacity", "18GiB"});
  const std::int64_t tokens = inverse.at("max_context");
  ASSERT_GT(tokens, 1000);
  EXPECT_EQ(inverse.at("max_context_limit").at("limit"), "memory");
  const auto asked = [&](std::int64_t n) {
    return total_of(program, {"qwen2-7b", "--generate", "100", "--prompt", std::to_string(n - 100)});
  };
  EXPECT_LE(asked(tokens), capacity);
  EXPECT_GT(asked(tokens + 1), capacity);
  EXPECT_EQ(inverse.at("max_context_limit").at("needed_bytes"), asked(tokens));
  EXPECT_EQ(inverse.at("max_context_limit").at("next_needed_bytes"), asked(tokens + 1));
}

TEST(EstimateInverse, SeveralAreAnsweredALineEachInTheOrderOfTheHelp) {
  const Program program;
  const Outcome outcome = program.run({"estimate", "qwen2-7b", "--max-batch", "--min-devices",
                                       "--best-format", "--max-context", "--capacity", "40GiB"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::size_t table_end = outcome.out.find("max context on ");
  ASSERT_NE(table_end, std::string::npos);
  const std::string lines = outcome.out.substr(table_end);
  EXPECT_THAT(lines,
              StartsWith("max context on 40.00 GiB: 32,768 tokens; limited by the model: it has 32,768 "
                         "positions\nmax batch on 40.00 GiB: "));
  EXPECT_THAT(lines, HasSubstr("\nbest format on 40.00 GiB: fp32 weights, fp32 cache; needs "));
  EXPECT_THAT(lines, HasSubstr("; the model is stored in bf16, and more adds no detail\n"));
  EXPECT_THAT(lines, HasSubstr("\nmin devices of 40.00 GiB: 1; it needs 14.19 GiB\n"));
}

TEST(EstimateInverse, NotEvenOneExitsWithThree) {
  const Program program;
  const Outcome outcome =
      program.run({"estimate", "qwen2-7b", "--max-context", "--max-batch", "--capacity", "8GiB"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, EndsWith("max context on 8.00 GiB: not even 1 token; 1 needs 14.19 GiB\n"
                                    "max batch on 8.00 GiB: not even 1 sequence; 1 needs 14.19 GiB\n"));
  const Json inverse = inverse_of(
      program, {"qwen2-72b", "--best-format", "--min-devices", "--max-batch", "--capacity", "4GiB"}, 3);
  EXPECT_EQ(inverse.at("max_batch"), 0);
  EXPECT_EQ(inverse.at("best_format"), nullptr);
  EXPECT_EQ(inverse.at("min_devices"), nullptr);
  EXPECT_FALSE(inverse.contains("max_context"));
}

TEST(EstimateInverse, AQuestionThatDoesNotFitHasAnAnswerAllTheSame) {
  const Program program;
  const Outcome outcome =
      program.run({"estimate", "qwen2-7b", "--prompt", "32000", "--max-context", "--capacity", "18GiB"});
  EXPECT_THAT(outcome.out, HasSubstr("does not fit 18.00 GiB"));
  EXPECT_EQ(outcome.status, 0);
}

TEST(EstimateInverse, ANumberOfDevicesSaysWhatOneFewerNeeds) {
  const Program program;
  const Outcome outcome = program.run({"estimate", "qwen2-72b", "--runtime", "transformers@4.46.0",
                                       "--prompt", "2000", "--min-devices", "--capacity", "80GiB"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("min devices of 80.00 GiB: 2 (split layers), the fullest needs "));
  EXPECT_THAT(outcome.out, HasSubstr("; 1 needs 1"));
  EXPECT_THAT(
      program.run({"estimate", "qwen2-72b", "--min-devices", "--capacity", "80GiB"}).out,
      HasSubstr("min devices of 80.00 GiB: none; 1 needs 135.43 GiB; 2 cannot be answered: runtime calibram "
                "runs on one device"));
}

TEST(EstimateInverse, WithoutACapacityOrACardSaysWhatToName) {
  const Machine machine;
  expect_refusal(machine.program(),
                 {{"estimate", "qwen2-7b", "--max-batch"},
                  "--max-batch needs a capacity (this machine has no card: this build has no "
                  "CUDA backend); name a --gpu, or a --capacity such as 24GiB"});
}

TEST(EstimateInverse, WithoutACapacityTheFirstCardOfTheMachineCounts) {
  Machine machine;
  machine.set_cards({t4_description(), h200_description()});
  const Json inverse = inverse_of(machine.program(), {"qwen2-1.5b", "--max-context"});
  EXPECT_EQ(inverse.at("gpu"), "Tesla T4");
  EXPECT_EQ(inverse.at("capacity_bytes"), t4_description().total.count());
}

TEST(EstimateInverse, IsNoPartOfTheDocumentUnlessAsked) {
  const Program program;
  EXPECT_FALSE(Json::parse(program.run({"estimate", "qwen2-7b", "--json"}).out).contains("inverse"));
}

}  // namespace
}  // namespace calibram
