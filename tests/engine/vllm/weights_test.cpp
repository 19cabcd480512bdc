// SPDX-License-Identifier: MIT
// Weights as vLLM holds them, against sums written out by hand.
#include "src/engine/vllm/weights.hpp"

#include "src/engine/vllm/card.hpp"
#include "src/model/weight_bytes.hpp"
#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/kinds_of_layers.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

Bytes requested(const Model& model, const std::string& format = "bf16") {
  const Question question = ask_vllm(model);
  const auto stages = vllm_stages(question, vllm_settings(runtime_of(question)));
  return vllm_weight_blocks(stages[0], weight_format(format), vllm_card(question)).requested;
}

Model small_model(std::int64_t vocabulary) {
  Layer layer;
  layer.mixer = Attention{.heads = 8, .kv_heads = 8, .head_size = 64, .rotary_size = 64};
  layer.feed_forward = Mlp{.width = 1024};
  Model model = model_with("small", 512, vocabulary, {{layer, 3}});
  model.max_positions = 2048;
  return model;
}

TEST(VllmWeights, AreTheModelsAndOneRotaryTable) {
  const Model model = small_model(64000);
  EXPECT_EQ(requested(model), weight_bytes(model, weight_format("bf16")) + Bytes{2048 * 64 * 2});
}

TEST(VllmWeights, TheVocabularyIsPaddedTo64) {
  EXPECT_EQ(requested(small_model(63937)), requested(small_model(64000)));
  EXPECT_LT(requested(small_model(63936)), requested(small_model(63937)));
}

TEST(VllmWeights, MergedProjectionsAreRoundedOnce) {
  // Gate and up are 9.5 MiB each: small enough to share segments, but one block of 20 MiB together.
  Model model = small_model(64);
  std::get<Mlp>(model.layers[0].layer.feed_forward).width = 9728;
  model.layers[0].count = 1;
  const Question question = ask_vllm(model);
  const VllmBlocks blocks =
      vllm_weight_blocks(vllm_stages(question, {})[0], *question.weights, vllm_card(question));
  EXPECT_EQ((blocks.held - blocks.requested).count(), 1 * mib);
}

TEST(VllmWeights, Fp8LeavesEmbeddingHeadAndNormsAlone) {
  const Model model = small_model(64000);
  const std::int64_t matrices = 3 * (4 * 512 * 512 + 3 * 512 * 1024);
  const std::int64_t scales = 3 * 7 * 4;
  EXPECT_EQ(requested(model, "fp8"), requested(model) - Bytes{matrices - scales});
}

TEST(VllmWeights, QuantisedLatentAttentionKeepsAPlainCopy) {
  const Model model = latent_model();
  const Bytes copies = 61 * Bytes{128 * (128 + 128) * 512 * 2};
  EXPECT_EQ(requested(model, "fp8") - weight_bytes(model, weight_format("fp8")) - copies,
            requested(model) - weight_bytes(model, weight_format("bf16")));
}

TEST(VllmWeights, LatentAttentionComesWithAWorkspaceThatLoadingTakes) {
  const Model model = latent_model();
  const Bytes rotary{model.max_positions * 64 * 2};
  EXPECT_EQ(requested(model) - weight_bytes(model, weight_format("bf16")) - rotary, Bytes{128 * mib});
}

TEST(VllmWeights, TiedEmbeddingsStandOnTheFirstAndTheLastStage) {
  Model model = small_model(64000);
  model.tied_embeddings = true;
  Question question = ask_vllm(model);
  question.devices = 3;
  question.split = Split::layers;
  const Count counted = count_on_vllm(question);
  const auto weights = [&](std::size_t device) {
    return counted.devices[device].at_peak[Term::weights].count();
  };
  const std::int64_t table = 64000 * 512 * 2;
  EXPECT_GE(weights(0) - weights(1), table);
  EXPECT_GE(weights(2) - weights(1), table);
}

TEST(VllmWeights, SlicesOfATensorSplitHoldTheirShareOfThePaddedVocabulary) {
  Question question = ask_vllm(small_model(63937));
  question.devices = 4;
  question.split = Split::tensor;
  const auto stages = vllm_stages(question, {});
  ASSERT_EQ(stages.size(), 4U);
  EXPECT_EQ(stages[3].model.vocabulary, 16000);
}

// vllm/distributed/utils.py, get_pp_indices.
TEST(VllmStages, WhatIsLeftOverGoesToTheMiddle) {
  EXPECT_EQ(vllm_stage_layers(32, 4), (std::vector<std::int64_t>{8, 8, 8, 8}));
  EXPECT_EQ(vllm_stage_layers(30, 4), (std::vector<std::int64_t>{7, 8, 8, 7}));
  EXPECT_EQ(vllm_stage_layers(31, 4), (std::vector<std::int64_t>{8, 8, 8, 7}));
  EXPECT_EQ(vllm_stage_layers(5, 2), (std::vector<std::int64_t>{3, 2}));
}

}  // namespace
}  // namespace calibram
