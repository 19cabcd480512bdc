// SPDX-License-Identifier: MIT
// calibram concurrency as a user sees it: the table, the CSV, the JSON, what is refused.
#include "tests/bench/app/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

const std::vector<std::string> shared = {
    "concurrency", "qwen2-7b",        "--options", "cache=paged", "--prompt", "2000",       "--generate",
    "48",          "--shared-prefix", "1500",      "--up-to",     "6",        "--capacity", "24GiB"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(ConcurrencyVerb, TheCsvHasEveryNumberOfRequestsAndTheJsonTheSame) {
  const Program program;
  const Outcome csv = program.run(with(shared, {"--csv"}));
  EXPECT_EQ(csv.status, 0) << csv.err;
  EXPECT_THAT(csv.out, StartsWith("requests,total_bytes,bound99_bytes,weights_bytes,kv_cache_bytes,"
                                  "activation_bytes,logits_bytes,workspace_bytes,constant_bytes,"
                                  "one_more_bytes,rule_terms_bytes,needed_bytes,fits\n1,"));
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 7);
  const Json json = Json::parse(program.run(with(shared, {"--json"})).out);
  ASSERT_EQ(json.at("rows").size(), 6u);
  EXPECT_EQ(json.at("max_requests"), 6);
  EXPECT_EQ(json.at("shared_prefix").at("shared_tokens"), 1488);
  EXPECT_EQ(json.at("shared_prefix").at("shared_bytes"), 1488 * 57344);  // 28 layers, 2 * 4 * 128 * 2 B
  for (std::size_t i = 0; i + 1 < 6; ++i) {
    const Json &row = json.at("rows").at(i), &next = json.at("rows").at(i + 1);
    EXPECT_EQ(next.at("total_bytes").get<std::int64_t>() - row.at("total_bytes").get<std::int64_t>(),
              row.at("one_more_bytes").get<std::int64_t>());
  }
}

TEST(ConcurrencyVerb, TheFirstRequestIsTheEstimate) {
  const Program program;
  const std::vector<std::string> workload = {"qwen2-7b", "--prompt", "300", "--generate", "20", "--json"};
  std::vector<std::string> estimate = {"estimate"}, concurrency = {"concurrency"};
  const Json one = Json::parse(program.run(with(estimate, workload)).out);
  const Json row = Json::parse(program.run(with(concurrency, workload)).out).at("rows").at(0);
  EXPECT_EQ(row.at("total_bytes"), one.at("total_bytes"));
  EXPECT_EQ(row.at("fits"), nullptr);
}

TEST(ConcurrencyVerb, TheTableShowsPowersOfTwoAndTheLast) {
  const Program program;
  const Outcome outcome = program.run(shared);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("qwen2-7b: bf16 weights, bf16 cache, requests of 2048 tokens (2000 "
                                      "prompt), calibram, theory, allocated\n\nrequests "));
  for (const char* row : {"\n       1  ", "\n       2  ", "\n       4  ", "\n       6  "})
    EXPECT_THAT(outcome.out, HasSubstr(row));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\n       3  ")));
  EXPECT_THAT(outcome.out,
              HasSubstr("shared prefix: 1500 tokens, 1488 of them in whole blocks of 16: 0.08 GiB, kept "
                        "once\n"));
  EXPECT_THAT(outcome.out, HasSubstr("6 or more requests fit 24.00 GiB\n"));
}

TEST(ConcurrencyVerb, WritesTheCsvToAFile) {
  const Program program;
  const Outcome outcome = program.run(with(shared, {"-o", "requests.csv"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(program.folder().read("requests.csv"), program.run(with(shared, {"--csv"})).out);
}

TEST(ConcurrencyVerb, ACardByItsNameIsACapacity) {
  const Program program;
  const Outcome outcome = program.run({"concurrency", "qwen2-7b", "--gpu", "4090", "--up-to", "1000"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" requests fit RTX 4090\n"));
  EXPECT_EQ(program.run({"concurrency", "qwen2-72b", "--gpu", "4090"}).status, 3);
}

TEST(ConcurrencyVerb, SaysWhatItDoesNotTake) {
  const Program program;
  expect_refusal(program, {{"concurrency", "qwen2-7b", "--batch", "4"},
                           "--batch is what this verb varies (it is 4); drop it, and say --up-to"});
  expect_refusal(program, {{"concurrency", "qwen2-7b", "--up-to", "0"},
                           "--up-to is '0' (must be an integer from 1 to 65536)"});
  expect_refusal(program, {{"concurrency", "qwen2-7b", "--json", "--csv"},
                           "--json and --csv exclude each other (each is a form of the result); drop one"});
  expect_refusal(program, {{"concurrency", "qwen2-7b", "--prompt", "100", "--shared-prefix", "50"},
                           "requests of qwen2-7b under calibram cannot share a prefix (it keeps the cache of "
                           "every sequence in one piece, not in blocks); add --options cache=paged"});
}

}  // namespace
}  // namespace calibram
