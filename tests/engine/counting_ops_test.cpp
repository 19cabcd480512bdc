// SPDX-License-Identifier: MIT
// Folding identical layers gives what counting every layer gives.
#include "src/engine/counting_ops.hpp"

#include "src/engine/decoder/decoder.hpp"
#include "tests/engine/question_builder.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

/// Every phase of a run, counted with or without folding.
std::vector<DeviceCount> run(const Question& question, bool fold) {
  const Runtime runtime = runtime_of(question);
  CountingOps ops{question.devices, Rounding::torch_block, fold};
  Decoder decoder{question, runtime, ops};
  decoder.load();
  ops.begin(Phase::reserve);
  decoder.reserve();
  ops.begin(Phase::prefill);
  decoder.prefill();
  ops.begin(Phase::first_decode);
  decoder.decode();
  decoder.skip_to(question.workload.prompt + 10);
  ops.begin(Phase::last_decode);
  decoder.decode();
  return ops.devices();
}

class Folding : public testing::TestWithParam<std::tuple<const char*, const char*, int>> {};

TEST_P(Folding, EqualsCountingEveryLayer) {
  const auto [model, runtime, devices] = GetParam();
  Question question = ask(model, runtime, {3, 257, 20, {}});
  question.devices = devices;
  question.split = devices > 1 ? Split::layers : Split::none;
  const auto folded = run(question, true), unfolded = run(question, false);
  ASSERT_EQ(folded.size(), unfolded.size());
  for (std::size_t i = 0; i < folded.size(); ++i) {
    EXPECT_EQ(folded[i].at_peak, unfolded[i].at_peak);
    EXPECT_EQ(folded[i].requested, unfolded[i].requested);
    EXPECT_EQ(folded[i].phase_peaks, unfolded[i].phase_peaks);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Folding,
                         testing::Combine(testing::Values("qwen2-7b", "llama-3.1-405b", "phi-2", "gemma-7b"),
                                          testing::Values("transformers@4.38.2", "transformers@4.46.0"),
                                          testing::Values(1, 2, 5)));
INSTANTIATE_TEST_SUITE_P(OwnPass, Folding,
                         testing::Combine(testing::Values("qwen2-7b", "phi-2", "gemma-2-9b", "qwen3-0.6b"),
                                          testing::Values("calibram"), testing::Values(1)));

TEST(CountingOps, ThePeakIsTheHighestInstantNotTheSumOfAll) {
  CountingOps ops{1, Rounding::exact};
  Tensor first = ops.allocate(Term::activation, Element::fp16, 10, 10);
  ops.release(first);
  Tensor second = ops.allocate(Term::logits, Element::fp32, 10, 6);
  EXPECT_EQ(ops.devices().front().total.count(), 240);
  EXPECT_EQ(ops.devices().front().at_peak[Term::logits].count(), 240);
  EXPECT_EQ(ops.devices().front().at_peak[Term::activation].count(), 0);
  ops.release(second);
}

}  // namespace
}  // namespace calibram
