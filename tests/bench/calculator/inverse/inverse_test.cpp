// SPDX-License-Identifier: MIT
// The most that fits, against asking for every number from 1 on.
#include "bench/calculator/inverse/inverse.hpp"

#include "fit/calibrated.hpp"
#include "fit/profile.hpp"
#include "src/core/error.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace calibram {
namespace {

using testing::HasSubstr;

using With = Question (*)(Question, std::int64_t);

/// 1, 2, … until the calculator says no.
std::int64_t brute_force(const Calculator& calculator, const Question& question, const Capacity& capacity,
                         With with, std::int64_t limit) {
  for (std::int64_t n = 1; n <= limit; ++n)
    if (!calculator.fits(with(question, n), capacity)) return n - 1;
  return limit;
}

struct Asking {
  std::string model, runtime, formats;
  Options options;
  Metric metric = Metric::allocated;
};

/// Runtimes that hold memory in different ways: exact, in pages, by concatenation, in blocks of a caching
/// allocator, in segments of one.
std::vector<Asking> askings() {
  std::vector<Asking> all;
  for (const char* model : {"qwen2-0.5b", "llama-3.2-1b", "gpt2"}) {
    all.push_back({model, "calibram", "fp16", {}});
    all.push_back({model, "calibram", "fp16", {{"cache", "paged"}, {"attention", "eager"}}});
    all.push_back({model, "calibram", "fp32", {{"cache", "concatenated"}, {"logits", "all"}}});
    all.push_back({model, "calibram", "fp16", {{"cache", "concatenated"}}, Metric::kv_cache});
  }
  for (const char* model : {"qwen2-0.5b", "llama-3.2-1b"}) {
    all.push_back({model, "transformers@4.38.2", "fp16", {{"attention", "eager"}}});
    all.push_back({model, "transformers@4.46.0", "bf16", {}});
    all.push_back({model, "vllm@0.19.0", "bf16", {}, Metric::kv_cache});
    all.push_back({model, "vllm@0.19.0", "bf16", {}});
  }
  all.push_back({"qwen2-0.5b", "transformers@4.46.0", "fp16", {}, Metric::reserved});
  return all;
}

/// Questions at random, each with a capacity between what 1 and what some larger number needs.
class MostThatFits : public testing::Test {
 protected:
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution{low, high}(random_);
  }

  Question question_of(const Asking& asking) {
    Workload workload{.batch = between(1, 3), .prompt = between(1, 60), .generate = between(0, 9)};
    if (between(0, 1) == 1) workload.context = workload.prompt + workload.generate + between(0, 40);
    Question question =
        with_positions(ask(asking.model, asking.runtime, workload, asking.formats, asking.options),
                       between(20, asking.metric == Metric::reserved ? 40 : 120));
    question.metric = asking.metric;
    return question;
  }

  Capacity capacity_for(const Calculator& calculator, const Question& question, With with,
                        std::int64_t most) {
    const Bytes low = need(calculator, with(question, 1)), high = need(calculator, with(question, most));
    return memory_of(Bytes{between(low.count() * 99 / 100, std::max(low, high).count() * 101 / 100)});
  }

  void expect_as_brute_force(const Calculator& calculator, const Asking& asking) {
    const Question question = question_of(asking);
    const std::int64_t positions = question.model->max_positions;
    Capacity capacity = capacity_for(calculator, question, with_context, positions);
    EXPECT_EQ(max_context(calculator, question, capacity).number,
              brute_force(calculator, question, capacity, with_context, positions))
        << asking.model << " " << asking.runtime << " " << capacity.bytes.count();
    const Question few = with_context(question, std::min<std::int64_t>(positions, 30));
    capacity = capacity_for(calculator, few, with_batch, asking.metric == Metric::reserved ? 6 : 40);
    EXPECT_EQ(max_batch(calculator, few, capacity).number,
              brute_force(calculator, few, capacity, with_batch, 100))
        << asking.model << " " << asking.runtime << " " << capacity.bytes.count();
  }

  std::mt19937_64 random_{20};
};

TEST_F(MostThatFits, IsWhatAskingForEveryNumberFinds) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  for (const Asking& asking : askings())
    for (int round = 0; round < (asking.metric == Metric::reserved ? 2 : 12); ++round)
      expect_as_brute_force(calculator, asking);
}

/// Contexts that llama.cpp pads to multiples of 256.
TEST_F(MostThatFits, IsSoWhereNeighboursNeedTheSame) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  for (const Options& options : {Options{}, Options{{"parallel", "4"}}, Options{{"kv_unified", "on"}}})
    for (int round = 0; round < 3; ++round) {
      const Question question =
          with_positions(ask("qwen2-0.5b", "llama.cpp@v0.5.0", {.prompt = 10}, "fp16", options), 1400);
      const Capacity capacity = capacity_for(calculator, question, with_context, 1400);
      EXPECT_EQ(max_context(calculator, question, capacity).number,
                brute_force(calculator, question, capacity, with_context, 1400))
          << capacity.bytes.count();
    }
}

/// Tensors of more than a MiB, whose blocks depend on what the allocator has left.
TEST_F(MostThatFits, IsSoWhereACeilingSparesMostOfTheQuestions) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  for (const char* runtime : {"transformers@4.38.2", "transformers@4.46.0"})
    for (int round = 0; round < 3; ++round) {
      const Question question = with_positions(
          ask("qwen2-0.5b", runtime, {.prompt = 1, .generate = between(0, 300)}, "bf16"), 1500);
      const Capacity capacity = capacity_for(calculator, question, with_context, 1500);
      EXPECT_EQ(max_context(calculator, question, capacity).number,
                brute_force(calculator, question, capacity, with_context, 1500))
          << runtime << " " << capacity.bytes.count();
    }
}

TEST_F(MostThatFits, IsSoWhereFittedCoefficientsAndTheirBoundDecide) {
  Estimators estimators = rules_and_theory();
  const std::string file = CALIBRAM_SOURCE_DIR "/results/intel-r-xeon-r-processor/profile.json";
  estimators.push_back(calibrated(std::make_shared<const Profile>(read_profile(file))));
  const Calculator calculator{estimators};
  const Asking asking{"qwen2-0.5b", "calibram", "fp32", {}, Metric::rss};
  ASSERT_EQ(calculator.ask(question_of(asking)).estimator, "calibrated");
  for (int round = 0; round < 12; ++round) expect_as_brute_force(calculator, asking);
}

TEST_F(MostThatFits, IsSoForTheRulesOfThumb) {
  const Estimators estimators = rules_and_theory();
  for (const char* rule : {"rule-per-token", "rule-kv", "rule-terms"}) {
    const Calculator calculator{estimators, rule};
    const Asking asking{"qwen2-0.5b", "calibram", "fp16", {}};
    const Question question = question_of(asking);
    const Capacity capacity = capacity_for(calculator, question, with_context, question.model->max_positions);
    EXPECT_EQ(max_context(calculator, question, capacity).number,
              brute_force(calculator, question, capacity, with_context, question.model->max_positions))
        << rule;
  }
}

/// Takes what a function of the tokens says.
class Uneven : public Estimator {
 public:
  explicit Uneven(std::function<std::int64_t(std::int64_t)> bytes) : bytes_{std::move(bytes)} {}
  std::string_view name() const override { return "uneven"; }
  Answer answer(const Question& question) const override {
    Estimate estimate;
    estimate.total = Bytes{bytes_(question.workload.context_tokens() * question.workload.batch)};
    estimate.devices = {estimate.total};
    return estimate;
  }

 private:
  std::function<std::int64_t(std::int64_t)> bytes_;
};

Largest max_context_of(std::function<std::int64_t(std::int64_t)> bytes, std::int64_t capacity) {
  Estimators estimators;
  estimators.push_back(std::make_unique<Uneven>(std::move(bytes)));
  const Calculator calculator{estimators, "uneven"};
  const Question question = with_positions(ask("qwen2-0.5b", "calibram", {}), 50'000);
  return max_context(calculator, question, memory_of(Bytes{capacity}));
}

TEST_F(MostThatFits, ASpikeBelowEndsItThoughMoreWouldFit) {
  const Largest largest = max_context_of([](std::int64_t n) { return n == 7001 ? 99'999 : n; }, 30'000);
  EXPECT_EQ(largest.number, 7000);
  EXPECT_EQ(largest.limit, Limit::memory);
  EXPECT_EQ(largest.beyond->needed, Bytes{99'999});
}

TEST_F(MostThatFits, ADipAboveDoesNotLengthenIt) {
  const auto dips = [](std::int64_t n) { return n >= 16'000 && n < 20'000 ? 5 : n; };
  EXPECT_EQ(max_context_of(dips, 9'000).number, 9'000);
}

TEST_F(MostThatFits, SaysWhatEndsIt) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  const Question question = ask("qwen2-0.5b", "calibram", {.prompt = 10, .generate = 5});
  const Largest all = max_context(calculator, question, memory_of(Bytes{std::int64_t{1} << 50}));
  EXPECT_EQ(all.number, question.model->max_positions);
  EXPECT_EQ(all.limit, Limit::positions);
  const Largest none = max_context(calculator, question, memory_of(Bytes{1000}));
  EXPECT_EQ(none.number, 0);
  EXPECT_EQ(none.limit, Limit::memory);
  EXPECT_FALSE(none.fitting);
  EXPECT_GT(none.beyond->needed, Bytes{1000});
  const Largest batch = max_batch(calculator, with_context(question, 1), memory_of(Bytes{1LL << 60}));
  EXPECT_EQ(batch.number, most_sequences);
  EXPECT_EQ(batch.limit, Limit::search);
}

TEST_F(MostThatFits, WhatCannotBeAnsweredEndsItWithItsReason) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  const Question question = ask("qwen2-0.5b", "vllm@0.19.0", {}, "bf16", {{"max_num_seqs", "8"}});
  const Largest batch = max_batch(calculator, question, memory_of(Bytes{1LL << 50}));
  EXPECT_EQ(batch.number, 8);
  EXPECT_EQ(batch.limit, Limit::refused);
  EXPECT_THAT(batch.refusal, HasSubstr("max_num_seqs is 8"));
}

TEST_F(MostThatFits, TheReasonIsThatOfTheOnlyOneWhoCouldAnswer) {
  Estimators estimators = rules_and_theory();
  const std::string file = CALIBRAM_SOURCE_DIR "/results/published/vllm_0_19_h100.json";
  estimators.push_back(calibrated(std::make_shared<const Profile>(read_profile(file))));
  Question question = ask("llama-3.1-8b", "vllm@0.19.0", {}, "bf16", {{"max_num_seqs", "8"}});
  question.metric = Metric::device;  // of which theory never knows all
  const Largest batch = max_batch(Calculator{estimators}, question, memory_of(Bytes{1LL << 50}));
  EXPECT_EQ(batch.number, 8);
  EXPECT_THAT(batch.refusal, HasSubstr("max_num_seqs is 8"));
}

TEST_F(MostThatFits, WhatIsLeftOverHasNoMost) {
  const Estimators estimators = rules_and_theory();
  Question question = ask("qwen2-0.5b", "vllm@0.19.0", {}, "bf16");
  question.metric = Metric::kv_tokens;
  EXPECT_THROW(max_context(Calculator{estimators}, question, memory_of(Bytes{1LL << 40})), InputError);
}

TEST(WithContext, GeneratesAsManyAsBeforeAndGivesThePromptTheRest) {
  const Question question = ask("qwen2-0.5b", "calibram", {.prompt = 10, .generate = 5});
  EXPECT_EQ(with_context(question, 1).workload, (Workload{.prompt = 1, .generate = 0}));
  EXPECT_EQ(with_context(question, 4).workload, (Workload{.prompt = 1, .generate = 3}));
  EXPECT_EQ(with_context(question, 100).workload, (Workload{.prompt = 95, .generate = 5}));
}

TEST(WithContext, OfAReservedContextPromptAndGeneratedTokensShrinkOnlyWhereTheyMust) {
  const Question question =
      ask("qwen2-0.5b", "calibram", {.prompt = 10, .generate = 5, .context = std::int64_t{20}});
  EXPECT_EQ(with_context(question, 100).workload,
            (Workload{.prompt = 10, .generate = 5, .context = std::int64_t{100}}));
  EXPECT_EQ(with_context(question, 12).workload,
            (Workload{.prompt = 7, .generate = 5, .context = std::int64_t{12}}));
  EXPECT_EQ(with_context(question, 2).workload,
            (Workload{.prompt = 1, .generate = 1, .context = std::int64_t{2}}));
}

}  // namespace
}  // namespace calibram
