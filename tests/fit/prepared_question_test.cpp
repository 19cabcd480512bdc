// SPDX-License-Identifier: MIT
// Prepared questions: the same answers as questions that are asked one by one, in any order.
#include "fit/calibrated.hpp"
#include "src/core/error.hpp"
#include "src/engine/measurement.hpp"
#include "src/model/catalogue.hpp"

#include <gtest/gtest.h>

#include <random>

namespace calibram {
namespace {

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> list = [] {
    std::vector<Workload> drawn;
    std::mt19937_64 generator{1};
    std::uniform_int_distribution<std::int64_t> batch{1, 9}, prompt{1, 5000}, generate{0, 5};
    for (int i = 0; i < 12; ++i)
      drawn.push_back({batch(generator), prompt(generator), generate(generator), {}});
    drawn.push_back(
        {1, std::int64_t{1} << 40, 0, {}});  // beyond any model's positions, and overflows many sizes
    drawn.push_back({2, 64, 1, 300});
    drawn.push_back({1, 1, 0, {}});
    return drawn;
  }();
  return list;
}

void expect_same(const Answer& prepared, const Answer& alone, const std::string& what) {
  ASSERT_EQ(prepared.index(), alone.index()) << what;
  if (const auto* unanswered = std::get_if<Unanswered>(&alone)) {
    EXPECT_EQ(std::get<Unanswered>(prepared).reason, unanswered->reason) << what;
    return;
  }
  const Estimate &a = std::get<Estimate>(prepared), &b = std::get<Estimate>(alone);
  EXPECT_EQ(a.total, b.total) << what;
  EXPECT_EQ(a.terms, b.terms) << what;
  EXPECT_EQ(a.devices, b.devices) << what;
  EXPECT_EQ(a.extrapolates, b.extrapolates) << what;
  ASSERT_EQ(a.interval.has_value(), b.interval.has_value()) << what;
  if (a.interval) {
    EXPECT_EQ(a.interval->bound99, b.interval->bound99) << what;
  }
}

Estimators all_estimators() {
  Estimators estimators = rules_and_theory();
  const std::string profile = std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/profile.json";
  estimators.push_back(calibrated(std::make_shared<const Profile>(read_profile(profile))));
  return estimators;
}

TEST(PreparedQuestion, AnswersAsAQuestionAlone) {
  const Estimators estimators = all_estimators();
  ModelLibrary models;
  for (const char* model : {"qwen2-0.5b", "mixtral-8x7b", "gemma-3-12b", "gemma-3n-e2b", "deepseek-v2-lite",
                            "mamba-790m", "gpt-oss-20b", "gpt2"})
    for (const char* runtime :
         {"calibram", "transformers@4.40.0", "transformers@4.46.0", "vllm@0.19.0", "llama.cpp@v0.5.0"})
      for (const Metric metric : {Metric::allocated, Metric::rss, Metric::reserved}) {
        Measurement row;
        row.model = model, row.runtime = runtime, row.metric = metric;
        Question question = question_of(row, models);
        for (const auto& estimator : estimators) {
          const auto prepared = estimator->prepare(question);
          for (const Workload& workload : workloads()) {
            if (metric == Metric::reserved && workload.prompt > 600) continue;  // every step is simulated
            question.workload = workload;
            expect_same(prepared->answer(workload), estimator->answer(question),
                        std::string{model} + " " + runtime + " " + std::string{estimator->name()});
          }
        }
      }
}

}  // namespace
}  // namespace calibram
