// SPDX-License-Identifier: MIT
// calibram evaluate and fit on small files: keys, errors relative to the measured value, rows left out.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view header =
    "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
    "device,"
    "source\n";

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

std::string row(const std::string& model, const std::string& batch, const std::string& value) {
  return model + ",transformers@4.38.2,fp16,fp16," + batch + ",6000,0,,1,,,allocated," + value +
         ",,a card,a table\n";
}

TEST(EvaluateVerb, TheJsonHasASummaryAndEveryRowWithItsPlace) {
  const Program program;
  program.folder().write("x.csv", std::string{header} + row("70B", "1", "210000000000"));
  const Outcome outcome = program.run({"evaluate", "x.csv", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_THAT(keys_of(json), ElementsAre("summary", "rows"));
  EXPECT_THAT(keys_of(json["summary"][0]),
              ElementsAre("estimator", "runtime", "metric", "devices", "rows", "skipped", "mean_abs",
                          "median_abs", "max_abs", "mean_signed", "under"));
  EXPECT_THAT(keys_of(json["rows"][0]),
              ElementsAre("file", "line", "model", "metric", "measured", "estimates", "reasons"));
  EXPECT_EQ(json["rows"][0]["line"], 2);
  EXPECT_EQ(json["rows"][0]["estimates"]["rule-1.2"], 168'000'000'000);
  EXPECT_TRUE(json["rows"][0]["estimates"]["theory"].is_null()) << "never guessed";
  const Json& rule = json["summary"][0];
  EXPECT_EQ(rule["estimator"], "rule-1.2");
  EXPECT_DOUBLE_EQ(rule["mean_signed"].get<double>(), -0.2) << "relative to the measured value";
  EXPECT_DOUBLE_EQ(rule["under"].get<double>(), 1);
}

TEST(EvaluateVerb, ARowThatOverflowsOrIsUnknownIsSkippedAndTheOthersStay) {
  const Program program;
  program.folder().write("x.csv", std::string{header} + row("qwen2-7b", "1", "16000000000") +
                                      row("qwen2-7b", "9223372036854775807", "16000000000") +
                                      row("no-such-model", "1", "16000000000") + row("qwen2-7b", "1", "0"));
  const Outcome outcome = program.run({"evaluate", "x.csv", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("theory: a byte count does not fit 64 bits"));
  EXPECT_THAT(outcome.err, HasSubstr("left out 1 rows that have no value, or 0\n"));
  const Json document = Json::parse(outcome.out);
  for (const Json& summary : document["summary"])
    if (summary["estimator"] == "theory") {
      EXPECT_EQ(summary["rows"], 1);
      EXPECT_EQ(summary["skipped"], 2);
    }
}

TEST(FitVerb, RowsOfAnotherMachineMakeAProfileThatCanBeUsed) {
  const Program program;
  std::string csv{header};
  for (const auto& [model, bytes] :
       {std::pair{"qwen2-7b", 16'900}, {"qwen2-0.5b", 3'100}, {"qwen2-1.5b", 5'200}})
    for (int batch = 1; batch <= 4; ++batch)
      csv += row(model, std::to_string(batch), std::to_string(bytes + 1'800 * batch) + "000000");
  program.folder().write("x.csv", csv);
  const Outcome fit = program.run({"fit", "x.csv", "-o", "p.json"});
  ASSERT_EQ(fit.status, 0) << fit.err;
  EXPECT_TRUE(Json::parse(program.folder().read("p.json"))["device"]["total_bytes"].is_null())
      << "not known here";
  const Outcome estimate =
      program.run({"estimate", "qwen2-7b", "--runtime", "transformers@4.38.2", "--weights", "fp16",
                   "--prompt", "6000", "--profile", "p.json", "--json"});
  ASSERT_EQ(estimate.status, 0) << estimate.err;
  EXPECT_EQ(Json::parse(estimate.out)["profile"], "p.json");
}

}  // namespace
}  // namespace calibram
