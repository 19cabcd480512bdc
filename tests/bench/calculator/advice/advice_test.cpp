// SPDX-License-Identifier: MIT
// Advice is the question asked again, remedy by remedy.
#include "bench/calculator/advice/advice.hpp"

#include "src/core/error.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace calibram {
namespace {

using namespace literals;

const AdviceRow& row_named(const Advice& advice, const std::string& name) {
  const auto found = std::find_if(advice.rows.begin(), advice.rows.end(),
                                  [&](const AdviceRow& row) { return row.name == name; });
  if (found == advice.rows.end()) throw std::runtime_error{"no row " + name};
  return *found;
}

TEST(Advice, IsNoneWhereItFits) {
  const Theorist theorist;
  const Advice advice =
      advise(theorist, question_about("qwen2-7b", "calibram", {1, 1000, 10, {}}), memory_of(24_GiB), {});
  EXPECT_TRUE(advice.as_asked.fitting.fits());
  EXPECT_TRUE(advice.rows.empty());
  EXPECT_FALSE(advice.plan);
}

TEST(Advice, SavingsAreDifferencesOfAnswers) {
  const Theorist theorist;
  const Question question = question_about("qwen2.5-32b", "transformers@4.46.0", {1, 32000, 0, {}});
  const Advice advice = advise(theorist, question, memory_of(24_GiB), {});
  const Calculator& calculator = theorist;
  const Bytes before = calculator.ask(question).estimate()->total;
  Question with_nf4 = question;
  with_nf4.weights = &weight_format("nf4");
  EXPECT_EQ(row_named(advice, "nf4 weights").saves, before - calculator.ask(with_nf4).estimate()->total);
  Question with_flash = question;
  with_flash.options = {{"attention", "flash"}};
  EXPECT_EQ(row_named(advice, "flash attention").saves,
            before - calculator.ask(with_flash).estimate()->total);
  const auto further = std::find_if(advice.rows.begin(), advice.rows.end(),
                                    [](const AdviceRow& row) { return row.kind == "more cards"; });
  ASSERT_NE(further, advice.rows.end());
  const std::vector<Bytes> cards = calculator.ask(further->need->on_card.question).estimate()->devices;
  ASSERT_GT(cards.size(), 1U);
  EXPECT_EQ(further->saves, before - *std::max_element(cards.begin(), cards.end()));
}

TEST(Advice, OfRemediesByDegreeTheLeastThatFitsIsShown) {
  const Theorist theorist;
  const Question question = question_about("qwen2.5-32b", "vllm@0.19.0", {1, 32000, 0, {}});
  const Capacity capacity = memory_of(24_GiB);
  const Advice advice = advise(theorist, question, capacity, {});
  const auto cards = std::find_if(advice.rows.begin(), advice.rows.end(), [](const AdviceRow& row) {
    return row.need && row.need->on_card.question.split == Split::tensor;
  });
  ASSERT_NE(cards, advice.rows.end());
  ASSERT_TRUE(cards->need->fitting.fits());
  Question fewer = cards->need->on_card.question;
  for (--fewer.devices; fewer.devices > 1; --fewer.devices) {
    const std::optional<Need> need = need_of(theorist, fewer, capacity);
    EXPECT_FALSE(need && need->fitting.fits()) << fewer.devices;
  }
}

TEST(Advice, WhatTheRuntimeCannotCountSaysWhy) {
  const Theorist theorist;
  const Advice advice = advise(theorist, question_about("qwen2.5-32b", "llama.cpp@v0.5.0", {1, 32000, 0, {}}),
                               memory_of(24_GiB), {});
  const AdviceRow& mix = row_named(advice, "q4_k_m weights");
  EXPECT_FALSE(mix.need);
  EXPECT_NE(mix.absence.find("GGUF"), std::string::npos) << mix.absence;
}

TEST(Advice, AQuestionWithoutAnAnswerIsRefused) {
  const Theorist theorist;
  Question question = question_about("qwen2-7b", "vllm@0.19.0", {1, 100, 0, {}});
  question.metric = Metric::graphs;
  EXPECT_THROW(advise(theorist, question, memory_of(24_GiB), {}), InputError);
  question.metric = Metric::kv_tokens;  // tokens are not held against memory
  EXPECT_THROW(advise(theorist, question, memory_of(24_GiB), {}), InputError);
}

}  // namespace
}  // namespace calibram
