// SPDX-License-Identifier: MIT
// A run of llama.cpp on cards is the sum of what is known of it.
#include "bench/calculator/advice/on_card.hpp"

#include "tests/bench/calculator/questions.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

Estimate answer_to(const Theorist& theorist, const Question& question) {
  const Asked asked = static_cast<const Calculator&>(theorist).ask(question);
  if (!asked.estimate()) throw std::runtime_error{std::get<Unanswered>(asked.answer).reason};
  return *asked.estimate();
}

TEST(OnCard, WhatIsAnsweredIsAskedAsItIs) {
  const Theorist theorist;
  const Question question = question_about("qwen2-7b", "llama.cpp@v0.5.0", {1, 1000, 0, {}});
  const OnCard on_card = ask_on_card(theorist, question);
  EXPECT_TRUE(on_card.parts.empty());
  EXPECT_EQ(on_card.estimate()->total, answer_to(theorist, question).total);
  EXPECT_EQ(on_card.on_host(), Bytes{});
}

TEST(OnCard, CardAndHostAddUpFromWeightsCacheAndTheHostsComputeBuffer) {
  const Theorist theorist;
  const Question question =
      question_about("qwen2-7b", "llama.cpp@v0.5.0", {1, 1000, 0, {}}, {{"backend", "cuda"}, {"ngl", "20"}});
  const OnCard on_card = ask_on_card(theorist, question);
  ASSERT_NE(on_card.estimate(), nullptr);
  ASSERT_EQ(on_card.parts.size(), 3U);
  const Estimate weights = answer_to(theorist, on_card.parts[0]),
                 cache = answer_to(theorist, on_card.parts[1]),
                 compute = answer_to(theorist, on_card.parts[2]);
  EXPECT_EQ(needed_per_device(*on_card.estimate()), weights.devices[0] + cache.devices[0] + compute.total);
  EXPECT_EQ(on_card.on_host(), weights.devices[1] + cache.devices[1]);
  EXPECT_GT(on_card.on_host(), Bytes{});
  EXPECT_EQ(on_card.estimate()->total, weights.total + cache.total + compute.total);
}

TEST(OnCard, EveryCardHasAComputeBuffer) {
  const Theorist theorist;
  Question question = question_about("qwen2-7b", "llama.cpp@v0.5.0", {1, 1000, 0, {}}, {{"backend", "cuda"}});
  question.devices = 2;
  const OnCard on_card = ask_on_card(theorist, question);
  ASSERT_NE(on_card.estimate(), nullptr);
  const Estimate weights = answer_to(theorist, on_card.parts[0]),
                 cache = answer_to(theorist, on_card.parts[1]),
                 compute = answer_to(theorist, on_card.parts[2]);
  for (const std::size_t card : {0U, 1U})
    EXPECT_EQ(on_card.estimate()->devices[card], weights.devices[card] + cache.devices[card] + compute.total);
  EXPECT_EQ(on_card.estimate()->total, weights.total + cache.total + compute.total + compute.total);
}

TEST(OnCard, APartThatIsNotKnownLeavesTheWholeUnanswered) {
  const Theorist theorist;
  Question question = question_about("qwen2-7b", "llama.cpp@v0.5.0", {1, 1000, 0, {}}, {{"backend", "cuda"}});
  question.weights = &weight_format("q4_k_m");
  EXPECT_EQ(ask_on_card(theorist, question).estimate(), nullptr);
}

}  // namespace
}  // namespace calibram
