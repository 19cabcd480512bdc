// SPDX-License-Identifier: MIT
// The public interface: it says what the estimators behind it say, and fails in one way only.
#include "fit/calibram.hpp"

#include "tests/support/config_texts.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

namespace calibram::api {
namespace {

using testing::HasSubstr;

const std::filesystem::path results = std::filesystem::path{CALIBRAM_SOURCE_DIR} / "results";

/// What a call fails with, or "nothing".
template <class Call>
std::string failure(const Call& call) {
  try {
    call();
  } catch (const Failure& problem) {
    return (problem.is_input() ? "input: " : "machine: ") + std::string{problem.what()};
  }
  return "nothing";
}

Question serving() {
  Question question;
  question.runtime = "vllm@0.19.0";
  question.metric = "device";
  question.context = 32768;
  question.batch = 4;
  question.device = "H100 80GB";
  return question;
}

TEST(Library, AnEstimateIsTheSumOfItsTermsAndOfItsDevices) {
  const Estimate estimate =
      api::estimate(Model{"qwen2-7b"}, {.runtime = "transformers@4.46.0", .prompt = 4096, .devices = 2});
  EXPECT_EQ(estimate.estimator, "theory");
  std::int64_t terms = 0, devices = 0;
  for (const auto& [name, bytes] : estimate.terms) terms += bytes;
  for (const Share& share : estimate.devices) devices += share.bytes;
  EXPECT_EQ(estimate.terms.size(), 6u);
  EXPECT_EQ(estimate.devices.size(), 2u);
  EXPECT_EQ(terms, estimate.total_bytes);
  EXPECT_EQ(devices, estimate.total_bytes);
  EXPECT_FALSE(estimate.interval) << "counting has no error model";
}

TEST(Library, EveryWordOfAQuestionCounts) {
  const Model model{"llama-3.1-8b"};
  const std::int64_t plain = estimate(model).total_bytes;
  Question question;
  const auto differs = [&](auto change) {
    Question changed = question;
    change(changed);
    return estimate(model, changed).total_bytes != plain;
  };
  EXPECT_TRUE(differs([](Question& q) { q.runtime = "transformers@4.46.0"; }));
  EXPECT_TRUE(differs([](Question& q) { q.weights = "int8"; }));
  EXPECT_TRUE(differs([](Question& q) { q.kv = "int8", q.prompt = 4096; }));
  EXPECT_TRUE(differs([](Question& q) { q.batch = 8; }));
  EXPECT_TRUE(differs([](Question& q) { q.prompt = 4096; }));
  EXPECT_TRUE(differs([](Question& q) { q.generate = 4096; }));
  EXPECT_TRUE(differs([](Question& q) { q.context = 4096; }));
  EXPECT_TRUE(differs([](Question& q) { q.metric = "weights"; }));
  EXPECT_TRUE(differs([](Question& q) { q.estimator = "rule-1.2"; }));
  question.runtime = "transformers@4.38.2";
  question.prompt = 4096;
  const auto with_attention = [&](const char* attention) {
    question.options = {{"attention", attention}};
    return estimate(model, question).total_bytes;
  };
  EXPECT_NE(with_attention("eager"), with_attention("flash"));
}

TEST(Library, AProfileGivesAnInterval) {
  const Profile profile{results / "published/vllm_0_19_h100.json"};
  Question question = serving();
  question.profile = profile;
  const Estimate estimate = api::estimate(Model{"qwen2.5-14b"}, question);
  EXPECT_EQ(estimate.estimator, "calibrated");
  ASSERT_TRUE(estimate.interval);
  EXPECT_LT(estimate.interval->low_bytes, estimate.total_bytes);
  EXPECT_LT(estimate.total_bytes, estimate.interval->high_bytes);
  EXPECT_LT(estimate.total_bytes, estimate.interval->bound99_bytes);
}

TEST(Library, AProfileTellsItsDeviceAndItsFits) {
  const Profile profile{results / "amd-epyc/profile.json"};
  EXPECT_THAT(profile.device(), HasSubstr("EPYC"));
  EXPECT_EQ(profile.device_kind(), "host");
  const auto rss = std::find_if(profile.fits().begin(), profile.fits().end(),
                                [](const ProfileFit& fit) { return fit.metric == "rss"; });
  ASSERT_NE(rss, profile.fits().end());
  EXPECT_EQ(rss->runtime, "calibram");
  EXPECT_GT(rss->rows, 100);
  EXPECT_GT(rss->constant_bytes, 0);
  ASSERT_EQ(rss->terms.size(), 5u);
  EXPECT_EQ(rss->terms.front().term, "weights");
  EXPECT_NEAR(rss->terms.front().coefficient, 1, 5 * rss->terms.front().std_error);
  ASSERT_TRUE(rss->mean_abs_error && rss->max_abs_error);
  EXPECT_LT(*rss->mean_abs_error, *rss->max_abs_error);
}

TEST(Library, ABareSizeIsAnsweredByARule) {
  const Model model{"70B"};
  EXPECT_FALSE(model.has_architecture());
  EXPECT_EQ(model.parameters(), 70e9);
  EXPECT_EQ(estimate(model).estimator, "rule-1.2");
  EXPECT_TRUE(Model{"qwen2-7b"}.has_architecture());
}

TEST(Library, AModelMayBeAFileOfOnesOwn) {
  const ScratchFolder folder;
  const Model model{folder.write("config.json", config_text("llama")).string()};
  EXPECT_GT(model.parameters(), 0);
  EXPECT_GT(estimate(model).total_bytes, 0);
}

TEST(Library, EveryMistakeIsAFailureThatSaysWhatToDo) {
  const Model model{"qwen2-7b"};
  const auto asked = [&](auto change) {
    Question question;
    change(question);
    return failure([&] { estimate(model, question); });
  };
  EXPECT_THAT(failure([] { Model{"qwen2-8b"}; }),
              testing::AllOf(HasSubstr("input: "), HasSubstr("qwen2-7b")));
  EXPECT_THAT(failure([] { Profile{"/nowhere/profile.json"}; }), HasSubstr("/nowhere/profile.json"));
  EXPECT_THAT(asked([](Question& q) { q.runtime = "vlm"; }), HasSubstr("vllm"));
  EXPECT_THAT(asked([](Question& q) { q.estimator = "rule-1.2", q.runtime = "vlm"; }), HasSubstr("vllm"));
  EXPECT_THAT(asked([](Question& q) { q.weights = "int9"; }), HasSubstr("int9"));
  EXPECT_THAT(asked([](Question& q) { q.metric = "memory"; }), HasSubstr("allocated"));
  EXPECT_THAT(asked([](Question& q) { q.estimator = "guess"; }), HasSubstr("theory"));
  EXPECT_THAT(asked([](Question& q) { q.metric = "rss"; }), HasSubstr("theory cannot answer"));
  EXPECT_THAT(asked([](Question& q) { q.batch = 0; }), HasSubstr("batch"));
  EXPECT_THAT(asked([](Question& q) { q.devices = 0; }), HasSubstr("devices 0"));
  EXPECT_THAT(asked([](Question& q) { q.split = "rows", q.devices = 2; }), HasSubstr("layers or tensor"));
  EXPECT_THAT(asked([](Question& q) { q.split = "layers"; }), HasSubstr("more than one device"));
  EXPECT_THAT(asked([](Question& q) { q.options = {{"atention", "flash"}}; }), HasSubstr("atention"));
}

TEST(Library, AFailureHasThreePartsAndOneLine) {
  try {
    estimate(Model{"qwen2-7b"}, {.devices = 0});
    FAIL() << "no devices are enough";
  } catch (const Failure& problem) {
    EXPECT_EQ(problem.problem(), "invalid devices 0");
    EXPECT_EQ(problem.reason(), "must be from 1 to 65536");
    EXPECT_EQ(problem.remedy(), "correct it");
    EXPECT_STREQ(problem.what(), "invalid devices 0 (must be from 1 to 65536); correct it");
  }
}

TEST(Library, AnEvaluationNamesTheRowThatIsMalformed) {
  const ScratchFolder folder;
  const auto file = folder.write("rows.csv", "model,runtime\nqwen2-7b\n");
  EXPECT_THAT(failure([&] { evaluate({file}); }), HasSubstr("rows.csv"));
  EXPECT_THAT(failure([&] { evaluate({}); }), HasSubstr("no measured row"));
}

/// The summary of an estimator on one card; fails the test where there is none.
ErrorSummary on_one_card(const Evaluation& evaluation, const std::string& estimator) {
  for (const ErrorSummary& summary : evaluation.summaries)
    if (summary.estimator == estimator && summary.devices == "1") return summary;
  ADD_FAILURE() << "nothing of " << estimator;
  return {};
}

TEST(Library, AnEvaluationHasARowForEveryEstimator) {
  const Evaluation evaluation = api::evaluate({results / "published/qwen2.csv"});
  const ErrorSummary theory = on_one_card(evaluation, "theory"), rule = on_one_card(evaluation, "rule-1.2");
  EXPECT_EQ(theory.rows, 12u);
  EXPECT_EQ(theory.metric, "allocated");
  ASSERT_TRUE(theory.mean_abs && theory.max_abs && rule.mean_abs && theory.under);
  EXPECT_LT(*theory.mean_abs, *theory.max_abs);
  EXPECT_LT(*theory.max_abs, *rule.mean_abs);
}

TEST(Library, WhatIsLeftOutIsFittedAnew) {
  const auto csv = results / "published/vllm_0_19_h100.csv";
  const Evaluation evaluation = evaluate({csv}, {}, LeaveOut::model);
  EXPECT_TRUE(on_one_card(evaluation, "calibrated").mean_abs);
  EXPECT_FALSE(evaluation.skipped.empty());
  const Profile profile{results / "published/vllm_0_19_h100.json"};
  EXPECT_THAT(failure([&] { evaluate({csv}, profile, LeaveOut::model); }), HasSubstr("drop one"));
}

TEST(Library, OneModelAnswersManyThreads) {
  const Model model{"deepseek-v3"};
  Question question = serving();
  question.metric = "allocated";
  question.profile = Profile{results / "published/vllm_0_19_h100.json"};
  std::vector<std::int64_t> totals(8);
  std::vector<std::thread> threads;
  for (std::int64_t& total : totals)
    threads.emplace_back([&] { total = estimate(model, question).total_bytes; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(totals, testing::Each(totals.front()));
}

}  // namespace
}  // namespace calibram::api
