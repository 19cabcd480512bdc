// SPDX-License-Identifier: MIT
// calibram estimate and cards: what is named decides the exit status, and every line follows from the total.
#include "src/core/bytes.hpp"
#include "src/engine/gpu.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct EstimateGpus : testing::Test {
  Outcome run(std::vector<std::string> flags, int status = 0) const {
    flags.insert(flags.begin(), {"estimate", "qwen2.5-14b"});
    Outcome outcome = program.run(flags);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    return outcome;
  }
  Json json(std::vector<std::string> flags, int status = 0) const {
    flags.emplace_back("--json");
    return Json::parse(run(flags, status).out);
  }
  Program program;
};

TEST_F(EstimateGpus, TheJsonHoldsEveryCardAgainstTheTotal) {
  const Json document = json({});
  ASSERT_EQ(document["fits"].size(), gpus().size());
  const std::int64_t total = document["total_bytes"];
  for (std::size_t i = 0; i < gpus().size(); ++i) {
    const Json& fit = document["fits"][i];
    EXPECT_EQ(fit["gpu"], gpus()[i].name);
    EXPECT_EQ(fit["named"], false);
    EXPECT_EQ(fit["capacity_bytes"], gpus()[i].capacity().count());
    const std::int64_t headroom =
        gpus()[i].capacity().count() - fit["set_aside_bytes"].get<std::int64_t>() - total;
    EXPECT_EQ(fit["headroom_bytes"], headroom);
    EXPECT_EQ(fit["fits"], headroom >= 0);
    EXPECT_GT(fit["set_aside_bytes"], 0) << "theory does not know the context";
  }
}

TEST_F(EstimateGpus, WhatIsNamedComesFirstAndOnce) {
  const Json fits = json({"--gpu", "h200", "--gpu", "rtx4090", "--capacity", "64GiB"}, 3)["fits"];
  ASSERT_EQ(fits.size(), gpus().size() + 1) << "the two cards are known, the capacity is none";
  EXPECT_EQ(fits[0]["gpu"], gpu_named("H200").name);
  EXPECT_EQ(fits[1]["gpu"], "RTX 4090");
  EXPECT_EQ(fits[2]["gpu"], "64.00 GiB");
  EXPECT_EQ(fits[2]["set_aside_bytes"], 0) << "bare memory is all for the answer";
  std::set<std::string> names;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    EXPECT_EQ(fits[i]["named"], i < 3);
    EXPECT_TRUE(names.insert(fits[i]["gpu"]).second) << fits[i]["gpu"];
  }
}

TEST_F(EstimateGpus, OnlyACardThatIsNamedDecidesTheExitStatus) {
  run({}, 0);
  run({"--gpu", "H200"}, 0);
  run({"--gpu", "RTX 4090"}, 3);
  run({"--gpu", "H200", "--gpu", "RTX 4090"}, 3);
  run({"--capacity", "24GiB", "--capacity", "80GiB"}, 3);
  run({"--gpu", "4090", "--weights", "int8"}, 0);
}

TEST_F(EstimateGpus, TextAndJsonSayTheSameOfACard) {
  const Json fit = json({"--gpu", "RTX 4090"}, 3)["fits"][0];
  const Outcome text = run({"--gpu", "RTX 4090"}, 3);
  EXPECT_THAT(text.out,
              HasSubstr("does not fit RTX 4090 (" +
                        gib_text(Bytes{-fit["headroom_bytes"].get<std::int64_t>()}) + " too much)\n"));
  EXPECT_THAT(text.out, HasSubstr("0.51 GiB of a card are set aside for the CUDA context; "));
}

TEST_F(EstimateGpus, TheTextShowsTheSizesAroundTheBoundaryUnlessTheNamedCardIsTheAnswer) {
  EXPECT_THAT(run({"--gpu", "H200"}).out, Not(HasSubstr("on one card")));
  for (const Outcome& outcome : {run({}), run({"--gpu", "RTX 4090"}, 3)}) {
    const std::string list = outcome.out.substr(outcome.out.find("\non one card"));
    EXPECT_LE(std::count(list.begin(), list.end(), '\n'), 12);
    EXPECT_THAT(list, AllOf(HasSubstr(" GB  no "), HasSubstr(" GB  yes ")));
  }
  EXPECT_THAT(run({"--devices", "2", "--runtime", "transformers@4.46.0"}).out,
              HasSubstr("\non each of 2 cards:\n"));
}

TEST_F(EstimateGpus, WhereTheCardsOfASizeDifferThoseThatDecideAreNamed) {
  // 14.19 GiB and the context are more than some cards of 16 GB give.
  const Outcome outcome = program.run({"estimate", "qwen2-7b", "--json"});
  const Json fits = Json::parse(outcome.out)["fits"];
  std::vector<std::string> missing;
  for (const Json& fit : fits) {
    const Gpu& gpu = gpu_named(fit["gpu"].get<std::string>());
    if (gpu.nominal_gb == 16 && gpu.kind != GpuClass::unified && !fit["fits"]) missing.emplace_back(gpu.name);
  }
  ASSERT_FALSE(missing.empty());
  const std::string text = program.run({"estimate", "qwen2-7b"}).out;
  const std::string line =
      text.substr(text.find(" 16 GB"), text.find('\n', text.find(" 16 GB")) - text.find(" 16 GB"));
  EXPECT_THAT(line, HasSubstr("all but "));
  for (const std::string& name : missing) EXPECT_THAT(line, HasSubstr(name));
}

TEST_F(EstimateGpus, WhereNoCardHoldsItSeveralAreProposed) {
  EXPECT_THAT(program.run({"estimate", "llama-3.1-405b"}).out,
              HasSubstr("no known card holds it; --devices N"));
}

TEST_F(EstimateGpus, AllCardsAreListedWhenAskedFor) {
  const std::string all = run({"--all-gpus"}).out;
  for (const Gpu& gpu : gpus()) EXPECT_THAT(all, HasSubstr("\n" + std::string{gpu.name} + " "));
  EXPECT_THAT(run({"--gpu", "H200", "--all-gpus"}).out, HasSubstr("\nRTX 4090 "));
}

TEST_F(EstimateGpus, HostMemoryAndSingleTermsAreHeldAgainstWhatIsNamedOnly) {
  const Json document = json({"--metric", "weights", "--capacity", "64GiB"});
  EXPECT_EQ(document["fits"].size(), 1u);
  EXPECT_TRUE(json({"--metric", "weights"})["fits"].empty());
}

TEST_F(EstimateGpus, AnUnknownCardIsRefusedBeforeAnythingIsComputed) {
  const Outcome outcome = run({"--gpu", "RTX 4099"}, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("RTX 4099"));
  EXPECT_THAT(outcome.err, HasSubstr("4090"));
}

TEST_F(EstimateGpus, TheHintInTextAndJsonIsTheSame) {
  const Json hint = json({})["hint"];
  EXPECT_EQ(hint["terms"][0]["term"], "weights");
  EXPECT_THAT(run({}).out, HasSubstr("\n" + hint["text"].get<std::string>() + "\n"));
  const std::int64_t int8 = json({"--weights", "int8"})["total_bytes"];
  EXPECT_EQ(hint["changes"][1]["saved_bytes"], json({})["total_bytes"].get<std::int64_t>() - int8);
}

}  // namespace
}  // namespace calibram
