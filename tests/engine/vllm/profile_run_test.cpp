// SPDX-License-Identifier: MIT
// The peak of vLLM's profile run, against sums written out by hand.
#include "src/engine/vllm/profile_run.hpp"

#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/kinds_of_layers.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

constexpr std::int64_t gemm_workspace = 32 * mib, l2_cache = 50 * mib, multiprocessors = 132;

TermBytes terms_of(const Question& question) { return count_on_vllm(question).terms; }

Model dense_model(std::int64_t hidden, std::int64_t width, std::int64_t vocabulary) {
  Layer layer;
  layer.mixer = Attention{.heads = 16, .kv_heads = 16, .head_size = hidden / 16, .rotary_size = hidden / 16};
  layer.feed_forward = Mlp{.width = width};
  return model_with("dense", hidden, vocabulary, {{layer, 4}});
}

TEST(VllmProfileRun, ManySequencesOfALargeVocabularyPeakInTheSampler) {
  // 128 Ki of 1024 rows: 256 MiB in 16 bits and three of 512 MiB in 32; all sizes are whole blocks.
  const TermBytes terms = terms_of(ask_vllm(dense_model(2048, 4096, 131072)));
  EXPECT_EQ(terms[Term::logits].count(), (256 + 3 * 512) * mib);
  EXPECT_EQ(terms[Term::workspace].count(), gemm_workspace + multiprocessors * 131072 * 4);
  EXPECT_EQ(terms[Term::activation].count(), (8192 + 1024 + 1024) * 2048 * 2);
}

TEST(VllmProfileRun, ASmallVocabularyPeaksWhereTheMlpIsActivated) {
  const TermBytes terms = terms_of(ask_vllm(dense_model(2048, 8192, 1024)));
  EXPECT_EQ(terms[Term::logits], Bytes{});
  // Both halves of the gate, their product, attention's output, the residual and their sum.
  EXPECT_EQ(terms[Term::activation].count(), 8192 * 2 * (3 * 8192 + 3 * 2048));
  EXPECT_EQ(terms[Term::workspace].count(), gemm_workspace + l2_cache);
}

TEST(VllmProfileRun, Fp8RoundsWhatIsActivatedAtOnce) {
  Question question = ask_vllm(dense_model(2048, 8192, 1024));
  question.weights = &weight_format("fp8");
  EXPECT_EQ(terms_of(question)[Term::activation].count(), 8192 * (2 * (2 * 8192 + 3 * 2048) + 8192));
}

TEST(VllmProfileRun, EagerKernelsAreNotTimed) {
  Question question = ask_vllm(dense_model(2048, 8192, 1024));
  question.options["enforce_eager"] = "on";
  EXPECT_EQ(terms_of(question)[Term::workspace].count(), gemm_workspace);
}

TEST(VllmProfileRun, FewSequencesAreSortedInsteadOfRunThroughTriton) {
  Question question = ask_vllm(dense_model(64, 64, 1 << 20));
  question.options["max_num_batched_tokens"] = "16";
  for (const auto& [sequences, bytes] : {std::pair{"7", 24 * 7}, std::pair{"8", 14 * 8}}) {
    question.options["max_num_seqs"] = sequences;
    EXPECT_EQ(terms_of(question)[Term::logits].count(), std::int64_t{bytes} * (1 << 20)) << sequences;
  }
}

TEST(VllmProfileRun, TheSamplersScratchFollowsTheCardsMultiprocessors) {
  Question question = ask_vllm(dense_model(2048, 4096, 131072));
  question.device = "A100 80GB";
  const std::int64_t a100_workspace = 8519680;
  EXPECT_EQ(terms_of(question)[Term::workspace].count(), a100_workspace + 108 * 131072 * 4);
}

TEST(VllmProfileRun, CappedLogitsHaveNoPaddingAnyMore) {
  Model model = dense_model(64, 64, 130976);
  const auto logits = [&] {
    Question question = ask_vllm(model);
    question.options["max_num_seqs"] = "16";  // small enough for blocks without rests
    question.options["max_num_batched_tokens"] = "16";
    question.options["enforce_eager"] = "on";
    return terms_of(question)[Term::logits].count();
  };
  EXPECT_EQ(logits(), 16 * (131008 * 2 + 130976 * 3 * 4));
  model.family = "gemma2";
  EXPECT_EQ(logits(), 16 * 130976 * 14);
}

TEST(VllmProfileRun, TheWorkspaceOfExpertsOutlivesTheLayers) {
  Model model = dense_model(2048, 4096, 131072);
  const Bytes without = terms_of(ask_vllm(model))[Term::workspace];
  Layer layer = model.layers[0].layer;
  layer.feed_forward = Experts{.count = 64, .active = 4, .expert = {.width = 1024}};
  model.layers.push_back({layer, 2});
  // One for the first product, both halves, and one for what is activated or the second product.
  EXPECT_EQ((terms_of(ask_vllm(model))[Term::workspace] - without).count(), 8192 * 4 * (2048 + 2048) * 2);
}

TEST(VllmProfileRun, LatentAttentionExpandsAChunkOfContext) {
  Model model = latent_model();
  model.vocabulary = 64;
  const TermBytes terms = terms_of(ask_vllm(model));
  EXPECT_GE(terms[Term::activation].count(), std::int64_t{65536} * 128 * (128 + 128) * 2);
}

TEST(VllmProfileRun, OnlyTheLastStageSamples) {
  Question question = ask_vllm(dense_model(2048, 4096, 131072));
  question.devices = 2;
  question.split = Split::layers;
  const Count counted = count_on_vllm(question);
  EXPECT_EQ(counted.devices[0].at_peak[Term::logits], Bytes{});
  EXPECT_GT(counted.devices[1].at_peak[Term::logits], Bytes{});
}

TEST(VllmProfileRun, RequestedBytesLeaveTheRestsOfBlocksOut) {
  const DeviceCount device = count_on_vllm(ask_vllm("llama-3.1-8b")).devices[0];
  EXPECT_LT(device.requested, device.total);
  EXPECT_LT((device.total - device.requested).count(), 16 * mib);
}

}  // namespace
}  // namespace calibram
