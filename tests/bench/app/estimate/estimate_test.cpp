// SPDX-License-Identifier: MIT
// calibram estimate as a user sees it: the whole text, the whole JSON, the exit status, the rules' examples.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

Json estimate_json(const Program& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "estimate");
  arguments.emplace_back("--json");
  const Outcome outcome = program.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(EstimateVerb, TheTextIsAHeadlineATableAndTheVerdict) {
  const Program program;
  const Outcome outcome = program.run({"estimate", "qwen2-7b", "--weights", "int8", "--kv", "fp16", "--batch",
                                       "2", "--prompt", "1000", "--generate", "24", "--capacity", "24GiB"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(
      outcome.out,
      "qwen2-7b: 7.616·10⁹ parameters, int8 weights, fp16 cache, 2 x 1024 tokens (1000 prompt), calibram, "
      "theory\n"
      "\n"
      "term                   size    share\n"
      "-----------------  --------  -------  -------------------\n"
      "weights            8.11 GiB   95.1 %  ███████████████████\n"
      "kv_cache           0.11 GiB    1.3 %  ▎\n"
      "activation         0.17 GiB    2.0 %  ▍\n"
      "workspace          0.14 GiB    1.7 %  ▍\n"
      "total (allocated)  8.53 GiB  100.0 %\n"
      "\n"
      "weights are 95 % of it: int4 weights (awq-int4) would save 3.07 GiB\n"
      "fits 24.00 GiB (15.47 GiB left)\n");
  EXPECT_EQ(outcome.err, "note: theory has no error model, so \"fits\" compares the total itself\n");
}

TEST(EstimateVerb, TheJsonIsOneDocumentWithTheKeysInOrder) {
  const Program program;
  const Outcome outcome = program.run(
      {"estimate", "70B", "--weights", "fp16", "--estimator", "rule-1.2", "--capacity", "180GB", "--json"});
  EXPECT_EQ(outcome.status, 0);
  const char* beginning = R"json({
  "model": "70B",
  "runtime": "calibram",
  "metric": "allocated",
  "value": 168000000000,
  "unit": "bytes",
  "total_bytes": 168000000000,
  "low_bytes": null,
  "high_bytes": null,
  "bound99_bytes": null,
  "terms": {
    "weights": 140000000000,
    "kv_cache": 0,
    "activation": 28000000000,
    "logits": 0,
    "workspace": 0,
    "constant": 0
  },
  "term_deviations": null,
  "devices": [
    {
      "index": 0,
      "total_bytes": 168000000000
    }
  ],
  "kv_room": null,
  "profile": null,
  "caution": null,
  "extrapolates": false,
  "estimator": "rule-1.2",
  "parameters": 70000000000,
  "weights": "fp16",
  "kv": "fp16",
  "workload": {
    "batch": 1,
    "prompt": 1,
    "generate": 0,
    "context": 1
  },
  "remarks": [],
  "cache_rule": null,
  "hint": {
    "text": "weights are 83 % of it: int4 weights (awq-int4) would save 117.35 GiB, int8 weights 78.23 GiB",
    "terms": [
      {
        "term": "weights",
        "share": 0.8333333333333334
      }
    ],
    "changes": [
      {
        "change": "int4 weights (awq-int4)",
        "saved_bytes": 126000000000
      },
      {
        "change": "int8 weights",
        "saved_bytes": 84000000000
      }
    ]
  },
  "fits": [
    {
      "gpu": "167.64 GiB",
      "named": true,
      "capacity_bytes": 180000000000,
      "set_aside_bytes": 0,
      "fits": true,
      "headroom_bytes": 12000000000
    },
)json";
  EXPECT_THAT(outcome.out, testing::StartsWith(beginning));
  EXPECT_TRUE(Json::accept(outcome.out));
}

TEST(EstimateVerb, TheRuleOfTheFifthOnTopGivesItsPublishedFigures) {
  const Program program;
  const std::pair<const char*, std::int64_t> published[] = {{"fp32", 336'000'000'000},
                                                            {"fp16", 168'000'000'000},
                                                            {"int8", 84'000'000'000},
                                                            {"int4", 42'000'000'000}};
  for (const auto& [format, bytes] : published)
    EXPECT_EQ(estimate_json(program, {"70B", "--estimator", "rule-1.2", "--weights", format})["total_bytes"],
              bytes)
        << format;
}

TEST(EstimateVerb, TheCalculatorsRuleGivesItsPublishedFigures) {
  const Program program;
  // "1.5 GB is 7B at 4k", beside 1.5 GB of overhead.
  const Json json = estimate_json(
      program, {"7B", "--estimator", "rule-kv", "--weights", "fp16", "--prompt", "1", "--context", "4000"});
  EXPECT_EQ(json["terms"]["weights"], 14'000'000'000);
  EXPECT_EQ(json["terms"]["kv_cache"], 1'500'000'000);
  EXPECT_EQ(json["terms"]["constant"], 1'500'000'000);
  EXPECT_EQ(json["total_bytes"], 17'000'000'000);
}

TEST(EstimateVerb, TheRuleOfTermsGivesItsPublishedFigures) {
  const Program program;
  program.folder().write("config.json",
                         R"({"model_type":"llama","num_hidden_layers":48,"hidden_size":4096,)"
                         R"("num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":11008,)"
                         R"("vocab_size":32000,"max_position_embeddings":16384,"torch_dtype":"float16"})");
  const Json json = estimate_json(program, {"config.json", "--estimator", "rule-terms", "--weights", "int8",
                                            "--kv", "fp16", "--context", "12000"});
  EXPECT_EQ(json["terms"]["kv_cache"], 9'437'184'000);
  EXPECT_EQ(json["terms"]["activation"], 4'718'592'000);
}

TEST(EstimateVerb, WhatDoesNotFitEndsWithStatus3AndStillAnswers) {
  const Program program;
  const Outcome text = program.run({"estimate", "qwen2-7b", "--capacity", "8GiB"});
  EXPECT_EQ(text.status, 3);
  EXPECT_THAT(text.out, testing::HasSubstr("\ndoes not fit 8.00 GiB (6.19 GiB too much)\n"));
  const Outcome json = program.run({"estimate", "qwen2-7b", "--capacity", "8GiB", "--json"});
  EXPECT_EQ(json.status, 3);
  EXPECT_EQ(Json::parse(json.out)["fits"][0]["fits"], false);
}

TEST(EstimateVerb, ABareSizeIsAnsweredByARuleThatSaysSo) {
  const Program program;
  const Outcome outcome = program.run({"estimate", "70B", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(
      outcome.err,
      "note: a bare size has no architecture, so only the rules of thumb can answer; this is rule-1.2\n");
}

}  // namespace
}  // namespace calibram
