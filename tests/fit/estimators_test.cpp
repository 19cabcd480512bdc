// SPDX-License-Identifier: MIT
// Theory and a profile as estimators: what they answer, and why not.
#include "fit/calibrated.hpp"
#include "fit/theory.hpp"
#include "tests/fit/sweeps.hpp"
#include "tests/support/layers.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A small model of `layers` layers, asked of our own runtime in 16 bit.
Question asking(std::int64_t layers, std::int64_t context, Metric metric) {
  Layer layer;
  attention_in(layer).heads = 8;
  attention_in(layer).kv_heads = 4;
  attention_in(layer).head_size = 64;
  attention_in(layer).rotary_size = 64;
  mlp_in(layer).width = 1408;
  auto model = std::make_shared<Model>();
  model->name = "small-" + std::to_string(layers);
  model->family = "llama";
  model->hidden_size = 512;
  model->vocabulary = 32000;
  model->max_positions = 65536;
  model->layers = {{layer, layers}};
  Question question;
  question.subject = model->name;
  question.parameters = static_cast<double>(parameter_count(*model));
  question.model = model;
  question.workload.prompt = context;
  question.weights = &weight_format("fp16");
  question.kv = &kv_format("fp16");
  question.metric = metric;
  return question;
}

std::string reason(const Answer& answer) {
  const auto* unanswered = std::get_if<Unanswered>(&answer);
  return unanswered ? unanswered->reason : "answered";
}

TEST(Theory, AnswersWhatIsCountedAlone) {
  const auto allocated = std::get<Estimate>(theory()->answer(asking(4, 1024, Metric::allocated)));
  const auto cache = std::get<Estimate>(theory()->answer(asking(4, 1024, Metric::kv_cache)));
  EXPECT_EQ(cache.total.count(), 2 * 4 * 1024 * 4 * 64 * 2)
      << "keys and values, 4 layers, 4 heads of 64, 2 bytes";
  EXPECT_EQ(cache.total, allocated.terms[Term::kv_cache]);
  EXPECT_GT(allocated.total, cache.total);
  EXPECT_EQ(allocated.total, allocated.terms.total());
  EXPECT_THAT(allocated.devices, ElementsAre(allocated.total));
  EXPECT_FALSE(allocated.interval);
}

TEST(Theory, HasNoMeasuredConstants) {
  for (const Metric metric : {Metric::rss, Metric::device, Metric::reserved, Metric::graphs})
    EXPECT_THAT(reason(theory()->answer(asking(4, 64, metric))), HasSubstr(std::string{name_of(metric)}));
}

TEST(Theory, WhatCannotBeCountedIsUnansweredNotThrown) {
  Question question = asking(4, 64, Metric::allocated);
  question.runtime = "no-such-engine";
  EXPECT_THAT(reason(theory()->answer(question)), HasSubstr("no-such-engine"));
  question.model = nullptr;
  EXPECT_THAT(reason(theory()->answer(question)), HasSubstr("bare size"));
}

TEST(Estimators, AreTheRulesThenTheory) {
  std::vector<std::string_view> names;
  const Estimators estimators = rules_and_theory();
  for (const auto& estimator : estimators) names.push_back(estimator->name());
  EXPECT_THAT(names, ElementsAre("rule-1.2", "rule-per-token", "rule-kv", "rule-terms", "theory"));
}

/// A profile of a host that adds 50 MB to what theory counts.
std::shared_ptr<const Profile> host_profile() {
  std::vector<Observation> rows;
  for (const std::int64_t layers : {2, 4, 8, 12})
    for (const std::int64_t context : {64, 512, 2048}) {
      const Question question = asking(layers, context, Metric::rss);
      Observation row;
      row.model = question.subject;
      row.terms = std::get<TheoryTerms>(theory_terms(question)).devices.front();
      row.context_tokens = context;
      row.measured_bytes = 50e6 + static_cast<double>(row.terms.total().count());
      rows.push_back(row);
    }
  auto profile = std::make_shared<Profile>();
  profile->file = "host.json";
  profile->fits.push_back({"calibram", Metric::rss, "", calibrate(rows, {4096, 0.001})});
  return profile;
}

TEST(Calibrated, AddsWhatWasMeasured) {
  const Question question = asking(6, 1024, Metric::rss);
  const auto estimate = std::get<Estimate>(calibrated(host_profile())->answer(question));
  const auto terms = std::get<TheoryTerms>(theory_terms(question)).devices.front();
  const double truth = 50e6 + static_cast<double>(terms.total().count());
  EXPECT_NEAR(static_cast<double>(estimate.total.count()), truth, 1e3);
  EXPECT_NEAR(static_cast<double>(estimate.terms[Term::constant].count()), 50e6, 1e3);
  ASSERT_TRUE(estimate.interval);
  EXPECT_LE(estimate.interval->low, estimate.total);
  EXPECT_GE(estimate.interval->bound99, estimate.total);
  EXPECT_FALSE(estimate.extrapolates);
  EXPECT_EQ(estimate.profile, "host.json");
}

TEST(Calibrated, SaysWhenItExtrapolates) {
  const auto estimator = calibrated(host_profile());
  EXPECT_TRUE(std::get<Estimate>(estimator->answer(asking(6, 8192, Metric::rss))).extrapolates);
  EXPECT_TRUE(std::get<Estimate>(estimator->answer(asking(40, 1024, Metric::rss))).extrapolates);
}

TEST(Calibrated, NamesWhatTheProfileHas) {
  EXPECT_THAT(reason(calibrated(host_profile())->answer(asking(6, 64, Metric::device))),
              HasSubstr("no fit of calibram device; it has calibram rss"));
}

}  // namespace
}  // namespace calibram
