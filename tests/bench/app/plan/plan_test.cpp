// SPDX-License-Identifier: MIT
// calibram plan as people use it: each row is what estimate prints, and bad lists are refused.
#include "bench/app/plan/number_list.hpp"
#include "src/core/error.hpp"
#include "tests/bench/app/program.hpp"
#include "tests/support/csv_records.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(NumberList, RangesIncludeTheirEnds) {
  EXPECT_THAT(parse_numbers("--batch", "5"), ElementsAre(5));
  EXPECT_THAT(parse_numbers("--batch", "1:4"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(parse_numbers("--batch", "1024:4096:1024"), ElementsAre(1024, 2048, 3072, 4096));
  EXPECT_THAT(parse_numbers("--batch", "1:40:x2"), ElementsAre(1, 2, 4, 8, 16, 32));
  EXPECT_THAT(parse_numbers("--batch", "7,1:3,2"), ElementsAre(7, 1, 2, 3));
  EXPECT_THAT(parse_numbers("--batch", "9223372036854775806:9223372036854775807"),
              ElementsAre(9223372036854775806, 9223372036854775807));
}

TEST(NumberList, RefusesWhatIsNoList) {
  for (const char* text : {"", ",", "0", "-1", "1,", "a", "1:", ":1", "4:1", "1:4:0", "1:4:x1", "1:4:x",
                           "1:2:3:4", "1:9223372036854775807", "1.5", " 1"})
    EXPECT_THROW(parse_numbers("--batch", text), InputError) << text;
}

TEST(PlanVerb, ItsRowsAreWhatEstimatePrints) {
  const Program program;
  const Outcome plan = program.run({"plan", "qwen2-0.5b,llama-3-8b", "--runtime", "calibram,vllm@0.19.0",
                                    "--weights", "fp16,int8", "--batch", "1,7", "--context", "100,4000",
                                    "--generate", "3", "--capacity", "8GiB"});
  ASSERT_EQ(plan.status, 0) << plan.err;
  const auto rows = records(plan.out);
  ASSERT_EQ(rows.size(), 32U);
  int answered = 0;
  for (const auto& row : rows) {
    const Outcome estimate =
        program.run({"estimate", row.at("model"), "--runtime", row.at("runtime"), "--weights",
                     row.at("weights"), "--kv", row.at("kv"), "--batch", row.at("batch"), "--prompt",
                     row.at("prompt"), "--generate", row.at("generate"), "--capacity", "8GiB", "--json"});
    if (row.at("total_bytes").empty()) {
      EXPECT_EQ(estimate.status, 2) << row.at("reason");
      continue;
    }
    ++answered;
    const auto document = nlohmann::json::parse(estimate.out);
    EXPECT_EQ(row.at("total_bytes"), std::to_string(document["total_bytes"].get<std::int64_t>()));
    EXPECT_EQ(row.at("fits"), document["fits"][0]["fits"].get<bool>() ? "true" : "false");
    EXPECT_EQ(row.at("headroom_bytes"),
              std::to_string(document["fits"][0]["headroom_bytes"].get<std::int64_t>()));
  }
  EXPECT_GE(answered, 16);
}

TEST(PlanVerb, AFileIsThereWholeOrNotAtAll) {
  const Program program;
  ASSERT_EQ(program.run({"plan", "qwen2-0.5b", "--context", "1:1000", "-o", "plan.csv"}).status, 0);
  EXPECT_EQ(records(program.folder().read("plan.csv")).size(), 1000U);
  const Outcome refused = program.run({"plan", "qwen2-0.5b", "-o", "nowhere/plan.csv"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("no folder"));
}

TEST(PlanVerb, AnUnknownNameIsRefusedBeforeAnythingIsAsked) {
  const Program program;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"plan", "qwen2-0.5"},
                                                    {"plan", "qwen2-0.5b", "--weights", "fp17"},
                                                    {"plan", "qwen2-0.5b", "--context", "0"},
                                                    {"plan", "qwen2-0.5b", "--capacity", "much"},
                                                    {"plan"}}) {
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace calibram
