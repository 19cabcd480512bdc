// SPDX-License-Identifier: MIT
// What is said never to shrink does not, for every model that is known.
#include "bench/calculator/inverse/monotone.hpp"

#include "fit/calibrated.hpp"
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
      ASSERT_TRUE(never_shrinks(calculator, question));
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

TEST(NeverShrinks, IsNotSaidWithoutAProof) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  EXPECT_FALSE(never_shrinks(calculator, ask("qwen2-0.5b", "transformers@4.46.0", {})));
  EXPECT_FALSE(never_shrinks(calculator, ask("qwen2-0.5b", "vllm@0.19.0", {}, "bf16")));
  Question part = ask("qwen2-0.5b", "calibram", {});
  part.metric = Metric::kv_cache;
  EXPECT_FALSE(never_shrinks(calculator, part));
  Estimators with_profile = rules_and_theory();
  with_profile.push_back(calibrated(std::make_shared<const Profile>()));
  EXPECT_FALSE(never_shrinks(Calculator{with_profile}, ask("qwen2-0.5b", "calibram", {})));
}

}  // namespace
}  // namespace calibram
