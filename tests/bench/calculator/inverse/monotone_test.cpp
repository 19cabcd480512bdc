// SPDX-License-Identifier: MIT
// What is said never to shrink does not, for every model that is known.
#include "bench/calculator/inverse/monotone.hpp"

#include "fit/calibrated.hpp"
#include "fit/profile.hpp"
#include "src/model/catalogue.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <gtest/gtest.h>

#include <random>

namespace calibram {
namespace {

const std::vector<Options> ways = {{},
                                   {{"attention", "eager"}},
                                   {{"cache", "paged"}},
                                   {{"cache", "concatenated"}},
                                   {{"logits", "all"}, {"logits_copy", "none"}}};

TEST(NeverShrinks, HoldsForEveryModelAndWayOfThePass) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  std::mt19937 random{3};
  const auto number = [&](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>{1, most}(random);
  };
  for (const CatalogueEntry& entry : catalogue())
    for (const Options& options : ways) {
      const Question question =
          ask(std::string{entry.name}, "calibram",
              {.batch = number(4), .prompt = 1, .generate = number(50) - 1}, "fp16", options);
      if (!calculator.ask(question).estimate()) continue;  // the way is not for this model
      ASSERT_EQ(never_shrinks_from(calculator, question), 1);
      for (int i = 0; i < 12; ++i) {
        // Neighbours near 1, where steps of decoding begin, and neighbours anywhere.
        const std::int64_t n = number(i % 2 == 0 ? 60 : 1000);
        EXPECT_LE(need(calculator, with_context(question, n)),
                  need(calculator, with_context(question, n + 1)))
            << entry.name << " " << n << " tokens";
        EXPECT_LE(need(calculator, with_batch(question, n)), need(calculator, with_batch(question, n + 1)))
            << entry.name << " " << n << " sequences";
      }
    }
}

/// Neighbours of random numbers, of tokens and of sequences.
void expect_rising(const Calculator& calculator, const Question& question, std::mt19937& random) {
  const std::int64_t from = never_shrinks_from(calculator, question);
  ASSERT_LE(from, question.workload.context ? 8192 : 1) << question.subject;
  for (int i = 0; i < 40; ++i) {
    const std::int64_t tokens = std::uniform_int_distribution<std::int64_t>{from, from + 4000}(random);
    EXPECT_LE(need(calculator, with_context(question, tokens)),
              need(calculator, with_context(question, tokens + 1)))
        << question.subject << " " << tokens << " tokens";
    const std::int64_t batch = std::uniform_int_distribution<std::int64_t>{1, 250}(random);
    EXPECT_LE(need(calculator, with_batch(question, batch)),
              need(calculator, with_batch(question, batch + 1)))
        << question.subject << " " << batch << " sequences";
  }
}

TEST(NeverShrinks, HoldsForVllmWhereTheLimitsOfAStepAreFixed) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  std::mt19937 random{5};
  for (const char* model : {"qwen2-7b", "llama-3.1-8b", "gemma-2-9b", "qwen3-30b-a3b", "deepseek-v2-lite"})
    for (const char* weights : {"bf16", "fp8"})
      for (const Metric metric : {Metric::allocated, Metric::kv_cache, Metric::activation})
        for (const std::optional<std::int64_t> context : {std::optional<std::int64_t>{}, {5000}}) {
          Question question = ask(model, "vllm@0.19.0", {.prompt = 100, .generate = 20, .context = context},
                                  "bf16", {{"max_num_seqs", "256"}});
          question.weights = &weight_format(weights);
          question.metric = metric;
          if (!calculator.ask(question).estimate()) continue;  // the engine refuses the format
          expect_rising(calculator, with_positions(question, 1 << 20), random);
        }
}

TEST(NeverShrinks, HoldsForACardThatIsPutTogether) {
  Estimators estimators = rules_and_theory();
  const std::string file = CALIBRAM_SOURCE_DIR "/results/published/vllm_0_19_h100.json";
  estimators.push_back(calibrated(std::make_shared<const Profile>(read_profile(file))));
  const Calculator calculator{estimators};
  Question question = ask("llama-3.1-8b", "vllm@0.19.0", {.prompt = 100}, "bf16", {{"max_num_seqs", "256"}});
  question.metric = Metric::device;
  ASSERT_EQ(calculator.ask(question).estimator, "calibrated");
  std::mt19937 random{6};
  expect_rising(calculator, question, random);
}

bool rises(const Calculator& calculator, const Question& question) {
  return never_shrinks_from(calculator, question) <= most_context_tokens;
}

TEST(NeverShrinks, IsNotSaidWithoutAProof) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  EXPECT_FALSE(rises(calculator, ask("qwen2-0.5b", "transformers@4.46.0", {})));
  EXPECT_FALSE(rises(calculator, ask("qwen2-0.5b", "vllm@0.19.0", {.context = std::int64_t{100}}, "bf16",
                                     {{"chunked_prefill", "off"}})));
  Question part = ask("qwen2-0.5b", "calibram", {});
  part.metric = Metric::kv_cache;
  EXPECT_FALSE(rises(calculator, part));
  Estimators with_profile = rules_and_theory();
  const std::string file = CALIBRAM_SOURCE_DIR "/results/intel-r-xeon-r-processor/profile.json";
  with_profile.push_back(calibrated(std::make_shared<const Profile>(read_profile(file))));
  Question resident = ask("qwen2-0.5b", "calibram", {});
  resident.metric = Metric::rss;
  EXPECT_FALSE(rises(Calculator{with_profile}, resident));
}

TEST(NeverShrinks, IsSaidOfTheoryBesideAProfileWithoutAFitOfTheMetric) {
  Estimators with_profile = rules_and_theory();
  with_profile.push_back(calibrated(std::make_shared<const Profile>()));
  EXPECT_TRUE(rises(Calculator{with_profile}, ask("qwen2-0.5b", "calibram", {})));
}

}  // namespace
}  // namespace calibram
