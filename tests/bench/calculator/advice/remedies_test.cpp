// SPDX-License-Identifier: MIT
// Each remedy changes what it says, and is one that its runtime knows.
#include "bench/calculator/advice/remedies.hpp"

#include "bench/calculator/advice/on_card.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace calibram {
namespace {

using namespace literals;

const RemedyGroup& group_of(const std::vector<RemedyGroup>& groups, std::string_view kind) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const RemedyGroup& group) { return group.kind == kind; });
  if (found == groups.end()) throw std::runtime_error{"no group " + std::string{kind}};
  return *found;
}

Bytes needed(const Theorist& theorist, const Question& question) {
  const OnCard on_card = ask_on_card(theorist, question);
  if (!on_card.estimate()) throw std::runtime_error{std::get<Unanswered>(on_card.asked.answer).reason};
  return needed_per_device(*on_card.estimate());
}

class EveryRuntime : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Families, EveryRuntime,
                         testing::Values("calibram", "transformers@4.38.2", "transformers@4.46.0",
                                         "vllm@0.19.0", "llama.cpp@v0.5.0"));

TEST_P(EveryRuntime, IsAskedForEveryKindOfRemedy) {
  const Question question = question_about(
      "qwen2-7b", GetParam(), {2, 2000, 100, {}},
      std::string_view{GetParam()}.starts_with("llama") ? Options{{"parallel", "2"}} : Options{});
  const std::vector<RemedyGroup> groups = remedies_for(question, {});
  for (const char* kind : {"streaming attention", "chunked prefill", "cache format", "weight format",
                           "offloading", "more cards", "smaller batch", "shorter context"}) {
    const RemedyGroup& group = group_of(groups, kind);
    EXPECT_TRUE(!group.choices.empty() || !group.absence.empty()) << kind;
  }
}

TEST_P(EveryRuntime, CountsEveryFormatThatIsOfferedUnlessFilesAloneTellItsBytes) {
  const Theorist theorist;
  const Question question = question_about("qwen2-7b", GetParam(), {1, 1000, 10, {}});
  const std::vector<RemedyGroup> groups = remedies_for(question, {});
  for (const char* kind : {"cache format", "weight format"})
    for (const Remedy& remedy : group_of(groups, kind).choices) {
      Question changed = question;
      remedy.apply(changed, 1);
      if (changed.weights->has_exact_bytes)
        EXPECT_LT(needed(theorist, changed), needed(theorist, question)) << remedy.name;
      else
        EXPECT_THROW(needed(theorist, changed), std::runtime_error) << remedy.name;
    }
}

TEST_P(EveryRuntime, HigherSettingsNeedLess) {
  const Theorist theorist;
  const Question question = question_about("qwen2-7b", GetParam(), {1, 3000, 10, {}});
  int dials = 0;
  for (const RemedyGroup& group : remedies_for(question, {}))
    for (const Remedy& remedy : group.choices) {
      if (remedy.settings == 1) continue;
      ++dials;
      Bytes before = needed(theorist, question);
      for (std::int64_t setting = 1; setting <= remedy.settings; setting += (remedy.settings + 20) / 21) {
        Question changed = question;
        remedy.apply(changed, setting);
        EXPECT_LE(needed(theorist, changed), before) << name_of(remedy, setting);
        before = needed(theorist, changed);
      }
    }
  EXPECT_GE(dials, 1);
}

TEST(Remedies, OlderTransformersAreOfferedTheVersionThatKeepsTheLastTokensLogits) {
  const Question question = question_about("qwen2-7b", "transformers@4.38.2", {1, 8000, 10, {}});
  const std::vector<RemedyGroup> groups = remedies_for(question, {});
  Question changed = question;
  group_of(groups, "newer version").choices.front().apply(changed, 1);
  EXPECT_EQ(changed.runtime, "transformers@4.45.0");
  const Theorist theorist;
  EXPECT_GT(needed(theorist, question) - needed(theorist, changed), 4_GiB);  // of 152064 x 8000 logits
}

TEST(Remedies, OwnPassKeepsLastLogitsStreamsAndReservesWhereItWasToldOtherwise) {
  const Question question =
      question_about("qwen2-7b", "calibram", {1, 4000, 10, {}},
                     {{"logits", "all"}, {"attention", "eager"}, {"cache", "concatenated"}});
  const std::vector<RemedyGroup> groups = remedies_for(question, {});
  Question changed = question;
  for (const char* kind : {"last-token logits", "streaming attention", "cache layout"})
    group_of(groups, kind).choices.front().apply(changed, 1);
  EXPECT_EQ(options_text(changed.options), "attention=flash;cache=reserved;logits=last");
}

TEST(Remedies, AFormatIsNotOfferedToItself) {
  Measurement row;
  row.model = "qwen2-7b";
  row.weights = "awq-int4";
  const std::vector<RemedyGroup> groups = remedies_for(question_of(row), {});
  for (const Remedy& remedy : group_of(groups, "weight format").choices)
    EXPECT_NE(remedy.name, "awq-int4 weights");
}

TEST(Remedies, WideWeightsTakeTheirCacheAlong) {
  Measurement row;
  row.model = "qwen2-7b";
  row.weights = "fp32";
  row.workload = {1, 100, 0, {}};
  const Question question = question_of(row);
  const auto groups = remedies_for(question, {});
  for (const Remedy& remedy : group_of(groups, "weight format").choices) {
    Question changed = question;
    remedy.apply(changed, 1);
    EXPECT_EQ(changed.kv->name, "bf16") << remedy.name;
  }
}

TEST(Remedies, LimitsAreKept) {
  const Question question = question_about("qwen2-7b", "vllm@0.19.0", {4, 1000, 10, {}});
  for (const RemedyGroup& group : remedies_for(question, {2, true, true, true, true})) {
    EXPECT_THAT(group.kind, testing::AllOf(testing::Ne("weight format"), testing::Ne("cache format"),
                                           testing::Ne("smaller batch"), testing::Ne("shorter context")));
    if (group.kind != "more cards") continue;
    EXPECT_EQ(group.choices.size(), 2U);  // two, by tensor or by layers
  }
}

TEST(OtherEngines, AnswerTheSameQuestion) {
  const Theorist theorist;
  const Question asked = question_about("qwen2-7b", "vllm@0.19.0", {4, 1000, 24, 2048});
  const std::vector<OtherEngine> others = other_engines(asked);
  ASSERT_EQ(others.size(), 2U);
  for (const OtherEngine& other : others) {
    EXPECT_EQ(other.runtime.find("vllm"), std::string::npos);
    const Asked answer = static_cast<const Calculator&>(theorist).ask(other.question);
    ASSERT_NE(answer.estimate(), nullptr) << other.runtime << std::get<Unanswered>(answer.answer).reason;
    // 4 x 2048 tokens of 28 layers, keys and values of 4 heads of 128, 16 bits; llama.cpp reserves them all
    if (other.runtime.starts_with("llama")) {
      EXPECT_EQ(answer.estimate()->terms[Term::kv_cache], Bytes{4 * 2048 * 28 * 2 * 4 * 128 * 2});
    }
  }
}

}  // namespace
}  // namespace calibram
