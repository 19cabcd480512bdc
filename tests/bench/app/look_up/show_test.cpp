// SPDX-License-Identifier: MIT
// calibram show: the same figures as text and as JSON, and sums that agree with each other.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

Json shown(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "show");
  arguments.emplace_back("--json");
  const Outcome outcome = Program{}.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(ShowVerb, PartsSumUpToTheParameters) {
  for (const char* model : {"qwen2-7b", "gemma-2-9b", "gpt2", "phi-2"}) {
    const Json json = shown({model});
    std::int64_t parameters = 0, bytes = 0;
    for (const Json& part : json["parts"]) {
      parameters += part["parameters"].get<std::int64_t>();
      bytes += part["bytes"][json["weights"].get<std::string>()].get<std::int64_t>();
    }
    EXPECT_EQ(parameters, json["parameters"]) << model;
    EXPECT_EQ(bytes, parameters * (json["weights"] == "fp32" ? 4 : 2)) << model;
  }
}

TEST(ShowVerb, LayersSumUpToTheirNumber) {
  const Json json = shown({"gemma-2-9b"});
  std::int64_t layers = 0;
  for (const Json& run : json["layer_runs"]) layers += run["count"].get<std::int64_t>();
  EXPECT_EQ(layers, json["layers"]);
  EXPECT_EQ(json["layer_runs"][0]["mixer"], "attention, 16 heads of 256 over 8, window 4096");
}

TEST(ShowVerb, EveryRuntimeHasItsOwnCache) {
  const Json caches = shown({"gemma-2-9b"})["caches"];
  ASSERT_EQ(caches.size(), 4u);
  EXPECT_EQ(caches[0]["runtime"], "calibram");
  EXPECT_EQ(caches[0]["bytes_per_token"], 344064);
  EXPECT_EQ(caches[2]["runtime"], "vllm");
  EXPECT_EQ(caches[2]["bytes_per_token"], 172032);
  EXPECT_EQ(caches[2]["windowed"][0]["positions"], 4096);
  EXPECT_EQ(caches[2]["full_windows_bytes"], 4096 * 172032);
}

TEST(ShowVerb, OtherFormatsAreAsked) {
  EXPECT_EQ(shown({"qwen2-7b", "--kv", "int8"})["caches"][0]["bytes_per_token"], 28 * 2 * 4 * (128 + 4));
  EXPECT_EQ(shown({"qwen2-7b", "--weights", "nf4"})["weights"], "nf4");
}

TEST(ShowVerb, TextSaysWhatTheModelIsAndWhereItsLayersAre) {
  const std::string text = Program{}.run({"show", "gemma-2-9b"}).out;
  EXPECT_THAT(text, HasSubstr("gemma-2-9b: gemma2, 9241705984 parameters\n"));
  EXPECT_THAT(text, HasSubstr("42 layers, hidden size 3584, vocabulary 256000 (tied)"));
  EXPECT_THAT(text,
              HasSubstr("   21  0, 2, 4, …  attention, 16 heads of 256 over 8, window 4096  MLP 14336\n"));
}

TEST(ShowVerb, ASizeHasNothingToShow) {
  const Outcome outcome = Program{}.run({"show", "70B"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "calibram: '70B' is a size without an architecture; name a model\n");
}

}  // namespace
}  // namespace calibram
