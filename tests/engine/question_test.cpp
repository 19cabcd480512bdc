// SPDX-License-Identifier: MIT
// Metrics by name, and the rules of a workload.
#include "src/engine/question.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

TEST(Metric, EveryNameFindsItself) {
  for (std::string_view name : metric_names) EXPECT_EQ(name_of(metric_named(name)), name);
  EXPECT_EQ(metric_named("kv_tokens"), Metric::kv_tokens);
}

TEST(Metric, AnUnknownOneIsAnsweredWithTheKnownOnes) {
  const std::string error = message_of<InputError>([] { metric_named("alocated"); });
  EXPECT_THAT(error, HasSubstr("unknown metric 'alocated' (did you mean 'allocated'?)"));
  EXPECT_THAT(error, HasSubstr("weights, kv_cache, activation"));
}

TEST(Split, EveryNameFindsItself) {
  for (std::string_view name : split_names) EXPECT_EQ(name_of(parse_split(name).value()), name);
  EXPECT_EQ(parse_split("tensor"), Split::tensor);
  EXPECT_EQ(parse_split("rows"), std::nullopt);
}

TEST(Placement, SeveralDevicesShareLayersUnlessToldOtherwise) {
  EXPECT_EQ(describe({}), "");
  EXPECT_EQ(describe({2, Split::none}), "2 devices (layers)");
  EXPECT_EQ(describe({2, Split::tensor}), "2 devices (tensor)");
}

TEST(Workload, ItsRulesAreChecked) {
  const auto error = [](const Workload& workload) {
    return message_of<InputError>([&] { validate(workload); });
  };
  EXPECT_EQ(error({.batch = 0}), "batch is 0 (must be an integer, 1 or more)");
  EXPECT_EQ(error({.prompt = 0}), "prompt is 0 (must be an integer, 1 or more)");
  EXPECT_EQ(error({.generate = -1}), "generate is -1 (must be an integer, 0 or more)");
  EXPECT_EQ(error({.prompt = 8, .generate = 3, .context = 10}),
            "context is 10 (must hold prompt + generate, 11 tokens); raise it, or leave it out");
  EXPECT_NO_THROW(validate({.prompt = 8, .generate = 3, .context = 11}));
  EXPECT_THROW(validate({.prompt = 9223372036854775807, .generate = 1}), InputError);
}

}  // namespace
}  // namespace calibram
