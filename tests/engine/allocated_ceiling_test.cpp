// SPDX-License-Identifier: MIT
// The ceiling against counts of workloads that are no larger.
#include "src/engine/allocated_ceiling.hpp"

#include "src/engine/count.hpp"
#include "tests/engine/question_builder.hpp"

#include <gtest/gtest.h>

#include <random>

namespace calibram {
namespace {

struct Asking {
  std::string model, runtime, format;
  Options options;
  int devices = 1;
  std::string weights = {};  ///< where they are in another format
};

const std::vector<Asking> askings = {
    {"qwen2-0.5b", "transformers@4.38.2", "bf16", {{"attention", "flash"}}},
    {"qwen2-0.5b", "transformers@4.38.2", "fp32", {{"attention", "eager"}}},
    {"qwen2-0.5b", "transformers@4.46.0", "fp16", {}},
    {"qwen2-0.5b", "transformers@5.0.0", "bf16", {}},
    {"llama-3.2-1b", "transformers@4.38.2", "fp16", {{"attention", "eager"}}},
    {"llama-3.2-1b", "transformers@4.39.0", "bf16", {}},
    {"llama-3.2-1b", "transformers@4.44.0", "bf16", {{"cache", "static"}}},
    {"llama-3.2-1b", "transformers@4.56.0", "bf16", {{"expandable_segments", "true"}}},
    {"phi-3-mini-4k", "transformers@4.46.0", "bf16", {}},
    {"qwen3-30b-a3b", "transformers@4.57.0", "bf16", {}},
    {"mixtral-8x7b", "transformers@4.46.0", "fp16", {{"routing", "alike"}}, 2},
    {"qwen2-7b", "transformers@4.38.2", "bf16", {{"attention", "flash"}}, 3},
    {"qwen2-0.5b", "transformers@4.46.0", "fp16", {}, 1, "awq-int4"},
    {"mixtral-8x7b", "transformers@4.46.0", "fp16", {}, 1, "awq-int4"},
};

class AllocatedCeilingOf : public testing::Test {
 protected:
  std::int64_t up_to(std::int64_t most) {
    return std::uniform_int_distribution{std::int64_t{1}, most}(random_);
  }

  Workload workload(std::int64_t batch, std::int64_t prompt, std::int64_t generate, std::int64_t reserved) {
    Workload random{.batch = up_to(batch), .prompt = up_to(prompt), .generate = up_to(generate + 1) - 1};
    if (reserved > 0) random.context = std::max(up_to(reserved), random.prompt + random.generate);
    return random;
  }

  std::mt19937_64 random_{11};
};

TEST_F(AllocatedCeilingOf, AWorkloadIsNoLessThanAnyCountUpToIt) {
  for (const Asking& asking : askings) {
    Question question = ask(asking.model, asking.runtime, {}, asking.format, asking.options);
    question.devices = asking.devices;
    if (!asking.weights.empty()) question.weights = &weight_format(asking.weights);
    question.device = "A100 80GB";
    const auto ceiling = AllocatedCeiling::of(question);
    ASSERT_TRUE(ceiling) << asking.model << " " << asking.runtime;
    for (int round = 0; round < 6; ++round) {
      const std::int64_t reserved = round % 2 == 0 ? 0 : 900;
      const Workload larger = workload(4, 400, 200, reserved);
      const std::vector<Bytes> most = ceiling->devices(larger);
      for (int i = 0; i < 4; ++i) {
        question.workload =
            i == 0 ? larger
                   : workload(larger.batch, larger.prompt, larger.generate, larger.context.value_or(0));
        const Count counted = count(question, runtime_of(question));
        for (std::size_t device = 0; device < most.size(); ++device)
          EXPECT_GE(most[device], counted.devices[device].total)
              << asking.model << " " << asking.runtime << " " << question.workload.batch << " x "
              << question.workload.prompt << " + " << question.workload.generate;
      }
    }
  }
}

TEST_F(AllocatedCeilingOf, AWorkloadIsCloseToItsCount) {
  Question question = ask("qwen2-7b", "transformers@4.46.0", {.prompt = 4096, .generate = 10}, "bf16");
  const Bytes counted = count(question, runtime_of(question)).total;
  EXPECT_LT(AllocatedCeiling::of(question)->devices(question.workload).front(), counted + Bytes{150 << 20});
}

TEST_F(AllocatedCeilingOf, AQuestionIsLeftOutWithoutAProof) {
  EXPECT_FALSE(AllocatedCeiling::of(ask("qwen2-7b", "calibram", {})));
  EXPECT_FALSE(AllocatedCeiling::of(ask("qwen2-7b", "vllm@0.19.0", {}, "bf16")));
  EXPECT_FALSE(AllocatedCeiling::of(
      ask("qwen2-7b", "transformers@4.46.0", {}, "bf16", {{"max_split_size_mb", "100"}})));
  Question question = ask("qwen2-7b", "transformers@4.46.0", {}, "bf16");
  question.metric = Metric::reserved;
  EXPECT_FALSE(AllocatedCeiling::of(question));
}

}  // namespace
}  // namespace calibram
