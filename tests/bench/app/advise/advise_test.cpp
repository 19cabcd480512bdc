// SPDX-License-Identifier: MIT
// calibram advise as a user meets it: its numbers are those of estimate, and its exit status says whether
// something fits.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json advice(const Program& program, std::vector<std::string> arguments, int status = 0) {
  arguments.insert(arguments.begin(), "advise");
  arguments.emplace_back("--json");
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.status, status) << outcome.err;
  return Json::parse(outcome.out);
}

/// What the commands of a remedy say, on the fullest card, added up over the commands.
std::int64_t repeated_bytes(const Program& program, const Json& commands) {
  std::int64_t sum = 0;
  for (const Json& command : commands) {
    std::vector<std::string> words = command;
    words.emplace_back("--json");
    const Outcome outcome = program.run(words);
    EXPECT_NE(outcome.status, 2) << outcome.err << command;
    const Json answer = Json::parse(outcome.out);
    std::int64_t fullest = 0;
    for (const Json& device : answer["devices"])
      if (!device.contains("host")) fullest = std::max(fullest, device["total_bytes"].get<std::int64_t>());
    sum += fullest;
  }
  return sum;
}

class AdviseVerb : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Runtimes, AdviseVerb,
                         testing::Values("calibram", "transformers@4.38.2", "vllm@0.19.0",
                                         "llama.cpp@0.5.0"));

TEST_P(AdviseVerb, EveryNumberIsWhatEstimatePrintsWithTheseFlags) {
  const Program program;
  const Json answer = advice(program, {"qwen2-7b", "--runtime", GetParam(), "--prompt", "8000", "--generate",
                                       "100", "--capacity", "12GiB"});
  EXPECT_EQ(repeated_bytes(program, answer["commands"]), answer["needed_bytes"]);
  int remedies = 0;
  for (const Json& row : answer["remedies"]) {
    if (row["needed_bytes"].is_null()) {
      EXPECT_FALSE(row["reason"].is_null()) << row;
      continue;
    }
    ++remedies;
    EXPECT_EQ(answer["needed_bytes"].get<std::int64_t>() - row["needed_bytes"].get<std::int64_t>(),
              row["saves_bytes"]);
    // Cards of a split llama.cpp run may be fullest in different parts.
    if (row["commands"].size() == 1 || row["kind"] == "offloading") {
      EXPECT_EQ(repeated_bytes(program, row["commands"]), row["needed_bytes"]) << row;
    }
  }
  EXPECT_GE(remedies, 8);
  const Json& plan = answer["plan"];
  EXPECT_TRUE(plan["fits"]);
  EXPECT_EQ(repeated_bytes(program, plan["commands"]), plan["needed_bytes"]) << plan;
}

TEST(Advise, ExitStatusSaysWhetherAnythingFits) {
  const Program program;
  EXPECT_EQ(program.run({"advise", "qwen2-7b", "--capacity", "80GiB"}).status, 0);
  EXPECT_EQ(program.run({"advise", "qwen2-7b", "--capacity", "10GiB"}).status, 0);
  EXPECT_EQ(program.run({"advise", "qwen2-7b", "--capacity", "100MiB"}).status, 3);
  EXPECT_EQ(program.run({"advise", "qwen2-7b"}).status, 2);
  EXPECT_EQ(program.run({"advise", "qwen2-7b", "--gpu", "4090", "--capacity", "24GiB"}).status, 2);
  EXPECT_EQ(program.run({"advise", "qwen2-7b", "--gpu", "no such card"}).status, 2);
}

TEST(Advise, ACardLeavesRoomForItsContext) {
  const Program program;
  const Json answer = advice(program, {"qwen2.5-32b", "--prompt", "32000", "--gpu", "4090"});
  EXPECT_GT(answer["set_aside_bytes"], 0);
  EXPECT_EQ(answer["plan"]["headroom_bytes"], answer["capacity_bytes"].get<std::int64_t>() -
                                                  answer["set_aside_bytes"].get<std::int64_t>() -
                                                  answer["plan"]["needed_bytes"].get<std::int64_t>());
}

TEST(Advise, SaysWhichShareOfTheCardVllmMustBeGiven) {
  const Program program;
  const Outcome outcome = program.run(
      {"advise", "qwen2.5-32b", "--runtime", "vllm@0.19.0", "--prompt", "32000", "--gpu", "4090"});
  EXPECT_THAT(outcome.out, HasSubstr("start vLLM with --max-model-len 32000, --gpu-memory-utilization 0.99"));
}

TEST(Advise, WhatIsKeptIsNotChanged) {
  const Program program;
  const Json answer = advice(program,
                             {"qwen2-7b", "--prompt", "30000", "--capacity", "8GiB", "--keep-formats",
                              "--keep-context", "--keep-engine"},
                             3);
  EXPECT_TRUE(answer["plan"].is_null());
  for (const Json& row : answer["remedies"])
    EXPECT_THAT(row["kind"].get<std::string>(),
                testing::AllOf(testing::Ne("weight format"), testing::Ne("shorter context"),
                               testing::Ne("other engine")));
}

TEST(Advise, ABareSizeHasFormatsAlone) {
  const Program program;
  const Outcome outcome = program.run({"advise", "70B", "--capacity", "48GB"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("rule-1.2"));
  EXPECT_THAT(outcome.out, HasSubstr("awq-int4 weights"));
}

TEST(Advise, SaysWhatToDoWithoutACard) {
  const Program program;
  EXPECT_THAT(program.run({"advise", "qwen2-7b"}).err,
              HasSubstr("no card is named (advice is about what fits it); add --gpu 4090"));
}

}  // namespace
}  // namespace calibram
