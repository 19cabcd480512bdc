// SPDX-License-Identifier: MIT
// The API's answers are what the command prints, to the byte.
#include "tests/bench/app/serve/serving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace calibram {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

/// What the command prints, with --json added. @param data_home  where its profiles lie
std::string printed(const std::string& verb, Words words, const std::string& data_home = "") {
  Program program;
  if (!data_home.empty()) program.set("XDG_DATA_HOME", data_home);
  words.insert(words.begin(), verb);
  words.emplace_back("--json");
  const Outcome outcome = program.run(words);
  EXPECT_TRUE(outcome.status == 0 || outcome.status == 3) << outcome.err;
  return outcome.out;
}

void expect_same(const Serving& serving, const std::string& verb, const Words& words,
                 const std::string& data_home = "") {
  const std::string target = "/api/" + verb + "?" + query_of(words);
  const HttpAnswer answer = serving.get(target);
  EXPECT_EQ(answer.status, 200) << target;
  EXPECT_THAT(answer.header, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer.header, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_EQ(answer.body, printed(verb, words, data_home)) << target;
}

TEST(ServeAnswers, EstimatesAreWhatTheCommandPrints) {
  const Serving serving;
  for (const Words& words : {
           Words{"qwen2-7b"},
           Words{"Qwen/Qwen2-7B", "--prompt", "4096", "--gpu", "4090", "--gpu", "H100 SXM", "--capacity",
                 "24GiB"},
           Words{"70B", "--weights", "int4"},
           Words{"llama-3.1-70b", "--devices", "4", "--split", "tensor", "--runtime", "vllm@0.19.0",
                 "--metric", "weights"},
           Words{"qwen2-7b", "--runtime", "transformers@4.38.2", "--generate", "20", "--batch", "3"},
           Words{"qwen2-7b", "--runtime", "llama.cpp@v0.5.0", "--weights", "q4_k", "--kv", "q8_0",
                 "--context", "8192", "--options", "ubatch=256", "--metric", "kv_cache"},
           Words{"mixtral-8x7b", "--estimator", "rule-1.2", "--device", "A100 80GB"},
           Words{"qwen2-0.5b", "--explain", "--rules", "--prompt", "100"},
           Words{"qwen2-7b", "--metric", "reserved", "--runtime", "transformers@4.38.2", "--generate", "4"},
       })
    expect_same(serving, "estimate", words);
}

TEST(ServeAnswers, QuestionsTheOtherWayRoundAreToo) {
  const Serving serving;
  expect_same(
      serving, "estimate",
      {"qwen2-7b", "--gpu", "4090", "--max-context", "--max-batch", "--best-format", "--min-devices"});
  expect_same(serving, "estimate",
              {"llama-3.1-70b", "--capacity", "24GiB", "--min-devices", "--runtime", "vllm@0.19.0"});
  expect_same(serving, "advise",
              {"qwen2-7b", "--prompt", "8000", "--capacity", "12GiB", "--weights", "bf16"});
  expect_same(serving, "advise",
              {"qwen2.5-32b", "--gpu", "RTX 4090", "--runtime", "llama.cpp@v0.5.0", "--prompt", "32000",
               "--max-devices", "2", "--keep-formats", "--keep-batch", "--keep-context", "--keep-engine",
               "--keep-on-card", "--estimator", "theory"});
  expect_same(serving, "concurrency",
              {"qwen2-7b", "--prompt", "500", "--gpu", "H100 SXM", "--up-to", "20", "--runtime",
               "vllm@0.19.0", "--shared-prefix", "100"});
}

TEST(ServeAnswers, ListsAreWhatTheCommandPrints) {
  const Serving serving;
  for (const char* verb : {"models", "gpus", "runtimes", "formats"})
    EXPECT_EQ(serving.get(std::string{"/api/"} + verb).body, printed(verb, {}));
  EXPECT_EQ(serving.get("/api/models?search=qwen").body, printed("models", {"qwen"}));
}

TEST(ServeAnswers, AnEmptyValueIsNone) {
  const Serving serving;
  const std::string plain = serving.get("/api/estimate?model=qwen2-7b").body;
  EXPECT_EQ(
      serving.get("/api/estimate?runtime=&model=qwen2-7b&prompt=&gpu=&split=&max-context=&profile=").body,
      plain);
  EXPECT_EQ(serving.get("/api/estimate?model=qwen2-7b&explain=0").body, plain);
}

/// Two profiles where calibrate puts them.
class ServeProfiles : public testing::Test {
 protected:
  ServeProfiles() {
    for (const char* device : {"amd-epyc", "intel-r-xeon-r-processor"}) {
      const auto place = data_.path() / "calibram" / device;
      std::filesystem::create_directories(place);
      std::filesystem::copy_file(std::string{CALIBRAM_SOURCE_DIR} + "/results/" + device + "/profile.json",
                                 place / "profile.json");
    }
  }

  std::string home() const { return data_.path(); }
  std::string file(const std::string& device) const {
    return data_.path() / "calibram" / device / "profile.json";
  }

  const Words question_ = {"qwen2-0.5b", "--metric", "rss", "--weights", "fp16", "--kv", "fp16"};
  ScratchFolder data_;
};

TEST_F(ServeProfiles, AreChosenAsTheCommandChooses) {
  const Serving serving{{}, home()};
  expect_same(serving, "estimate", question_, home());
  Words of_device = question_;
  of_device.insert(of_device.end(), {"--device", "AMD EPYC"});
  expect_same(serving, "estimate", of_device, home());
  Words named = question_;
  named.insert(named.end(), {"--profile", file("intel-r-xeon-r-processor")});
  const std::string by_name = "/api/estimate?" + query_of(question_) + "&profile=intel-r-xeon-r-processor";
  EXPECT_EQ(serving.get(by_name).body, printed("estimate", named, home()));
}

TEST_F(ServeProfiles, NoneIsAsWithoutAny) {
  const Serving serving{{}, home()};
  EXPECT_EQ(serving.get("/api/estimate?model=qwen2-7b&profile=none").body, printed("estimate", {"qwen2-7b"}));
  EXPECT_EQ(serving.get("/api/estimate?model=qwen2-7b&profile=amd-epyc&estimator=theory").status, 400);
}

TEST_F(ServeProfiles, AreListedWithWhatTheyAnswer) {
  const Serving serving{{"--profile", file("amd-epyc")}};
  const Json list = Json::parse(serving.get("/api/profiles").body);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["name"], "amd-epyc");
  EXPECT_EQ(list[0]["kind"], "host");
  EXPECT_FALSE(list[0]["fits"].empty());
  EXPECT_TRUE(list[0]["fits"][0].contains("metric"));
  Words given = question_;
  given.insert(given.end(), {"--profile", file("amd-epyc")});
  EXPECT_EQ(serving.get("/api/estimate?" + query_of(question_)).body, printed("estimate", given));
}

TEST_F(ServeProfiles, OneThatIsBrokenIsLeftOut) {
  std::filesystem::resize_file(file("amd-epyc"), 100);
  Serving serving{{}, home()};
  EXPECT_EQ(Json::parse(serving.get("/api/profiles").body).size(), 1U);
  EXPECT_THAT(serving.stop().err, HasSubstr("warning: a profile is left out"));
}

}  // namespace
}  // namespace calibram
