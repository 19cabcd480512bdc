// SPDX-License-Identifier: MIT
// The widest formats and the fewest devices, against asking for all of them.
#include "tests/bench/calculator/questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

class FormatsAndDevices : public testing::Test {
 protected:
  const Estimators estimators_ = rules_and_theory();
  const Calculator calculator_{estimators_};
};

TEST_F(FormatsAndDevices, NoWiderPairOfFormatsFitsThanTheBest) {
  for (const std::int64_t gib : {2, 4, 6, 8, 14, 20, 40}) {
    for (const char* runtime : {"calibram", "vllm@0.19.0"}) {
      Question question = ask("qwen2-7b", runtime, {.prompt = 1000});
      if (question.runtime != "calibram") question.metric = Metric::weights;
      const Capacity capacity = memory_of(Bytes{gib << 30});
      const BestFormat best = best_format(calculator_, question, capacity);
      for (const Format& weights : formats())
        for (const Format& kv : formats()) {
          question.weights = &weights;
          question.kv = &kv;
          if (!kv.kv || !calculator_.fits(question, capacity)) continue;
          ASSERT_TRUE(best.best) << weights.name;
          EXPECT_GE(best.best->weights->nominal_bits, weights.nominal_bits);
          if (best.best->weights->name == weights.name) {
            EXPECT_GE(best.best->kv->nominal_bits, kv.nominal_bits);
          }
        }
      if (!best.best) continue;
      question.weights = best.best->weights;
      question.kv = best.best->kv;
      EXPECT_TRUE(calculator_.fits(question, capacity));
    }
  }
}

TEST_F(FormatsAndDevices, OfAsManyBitsTheModelsOwnComesFirst) {
  const BestFormat best =
      best_format(calculator_, ask("qwen2-7b", "calibram", {.prompt = 10}), memory_of(20_GiB));
  ASSERT_TRUE(best.best);
  EXPECT_EQ(best.best->weights->name, "bf16");
  EXPECT_EQ(best.best->kv->name, "bf16");
  EXPECT_EQ(best.stored, "bf16");
  EXPECT_FALSE(best.exceeds_stored);
}

TEST_F(FormatsAndDevices, ThenTheQuestionsOwn) {
  for (const char* weights : {"fp8", "gptq-int8", "q8_0"}) {
    Question question = ask("qwen2-7b", "calibram", {.prompt = 10});
    question.weights = &weight_format(weights);
    const BestFormat best = best_format(calculator_, question, memory_of(12_GiB));
    ASSERT_TRUE(best.best);
    EXPECT_EQ(best.best->weights->name, weights);
  }
}

TEST_F(FormatsAndDevices, WhatIsWiderThanStoredIsCalledSo) {
  const BestFormat best =
      best_format(calculator_, ask("qwen2-7b", "calibram", {.prompt = 10}), memory_of(80_GiB));
  EXPECT_EQ(best.best->weights->name, "fp32");
  EXPECT_TRUE(best.exceeds_stored);
}

TEST_F(FormatsAndDevices, WhereNothingFitsTheSmallestIsNamed) {
  const BestFormat best =
      best_format(calculator_, ask("qwen2-72b", "calibram", {.prompt = 10}), memory_of(4_GiB));
  EXPECT_FALSE(best.best);
  ASSERT_TRUE(best.smallest);
  EXPECT_LT(best.smallest->weights->nominal_bits, 2);
  EXPECT_GT(best.smallest->fitting.needed, 4_GiB);
}

TEST_F(FormatsAndDevices, OneDeviceFewerDoesNotHoldIt) {
  for (const std::int64_t gib : {20, 40, 60, 80, 160}) {
    Question question = ask("qwen2-72b", "transformers@4.46.0", {.prompt = 2000}, "bf16");
    const Capacity capacity = memory_of(Bytes{gib << 30});
    const FewestDevices found = min_devices(calculator_, question, capacity);
    ASSERT_TRUE(found.fewest) << gib;
    for (question.devices = 1; question.devices < found.fewest->devices; ++question.devices)
      EXPECT_FALSE(calculator_.fits(question, capacity)) << gib << " " << question.devices;
    EXPECT_TRUE(calculator_.fits(question, capacity)) << gib;
    EXPECT_EQ(found.fewest->split, question.devices == 1 ? Split::none : Split::layers);
  }
}

TEST_F(FormatsAndDevices, ARuntimeOfOneDeviceSaysSo) {
  const FewestDevices found =
      min_devices(calculator_, ask("qwen2-72b", "calibram", {.prompt = 10}), memory_of(80_GiB));
  EXPECT_FALSE(found.fewest);
  ASSERT_EQ(found.tried.size(), static_cast<std::size_t>(most_devices));
  EXPECT_THAT(std::get<Unanswered>(found.tried[1].held).reason, HasSubstr("runs on one device"));
}

TEST_F(FormatsAndDevices, TheSplitThatWasAskedForIsKept) {
  Question question = ask("qwen2-72b", "vllm@0.19.0", {.prompt = 10}, "bf16");
  question.metric = Metric::weights;
  question.devices = 2;
  question.split = Split::tensor;
  const FewestDevices found = min_devices(calculator_, question, memory_of(40_GiB));
  ASSERT_TRUE(found.fewest);
  EXPECT_EQ(found.fewest->split, Split::tensor);
  EXPECT_GE(found.fewest->devices, 4);
}

}  // namespace
}  // namespace calibram
