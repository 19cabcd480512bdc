// SPDX-License-Identifier: MIT
// The tensors of a peak add up to the peak, term by term, under every way of counting.
#include "src/engine/peak_tensors.hpp"

#include "tests/engine/question_builder.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

class PeakTensors : public testing::TestWithParam<std::tuple<const char*, const char*, Metric>> {};

TEST_P(PeakTensors, AddUpToTheCountedTerms) {
  const auto& [model, runtime, metric] = GetParam();
  Question question = ask(model, runtime, {2, 300, 20, {}});
  question.metric = metric;
  const Count counted = count(question, runtime_of(question));
  TermBytes sum;
  for (const TensorGroup& group : tensors_at_peak(question, runtime_of(question))) {
    EXPECT_GT(group.count, 0);
    sum[group.term] += group.bytes;
  }
  // What an allocator holds for reuse is no tensor.
  if (metric == Metric::reserved) sum[Term::workspace] += counted.total - sum.total();
  EXPECT_EQ(sum, counted.terms);
}

INSTANTIATE_TEST_SUITE_P(OwnPass, PeakTensors,
                         testing::Combine(testing::Values("qwen2-7b", "gemma-2-9b", "probe-experts",
                                                          "probe-latent", "probe-mamba", "probe-mamba2",
                                                          "probe-linear", "probe-sinks", "probe-sharing"),
                                          testing::Values("calibram"),
                                          testing::Values(Metric::allocated, Metric::rss)));
INSTANTIATE_TEST_SUITE_P(Transformers, PeakTensors,
                         testing::Combine(testing::Values("qwen2-0.5b", "phi-2", "probe-experts"),
                                          testing::Values("transformers@4.40.0", "transformers@4.46.0"),
                                          testing::Values(Metric::allocated, Metric::reserved)));

TEST(PeakTensors, OfSeveralDevicesAreOneList) {
  Question question = ask("qwen2-0.5b", "transformers@4.46.0", {1, 300, 20, {}});
  question.devices = 3;
  question.split = Split::layers;
  TermBytes sum;
  for (const TensorGroup& group : tensors_at_peak(question, runtime_of(question)))
    sum[group.term] += group.bytes;
  EXPECT_EQ(sum, count(question, runtime_of(question)).terms);
}

TEST(PeakTensors, AreNotKnownOfEnginesThatAreCountedTheirOwnWay) {
  const Question question = ask("qwen2-7b", "llama.cpp@b6000", {1, 300, 20, {}});
  EXPECT_TRUE(tensors_at_peak(question, runtime_of(question)).empty());
}

}  // namespace
}  // namespace calibram
