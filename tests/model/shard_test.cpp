// SPDX-License-Identifier: MIT
// Dividing a model among devices.
#include "src/model/shard.hpp"

#include "src/core/error.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/weights.hpp"
#include "tests/support/kinds_of_layers.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace calibram {
namespace {

using testing::HasSubstr;

const Attention& attention(const Model& model) { return *attention_of(first_layer(model)); }

std::string refusal(const Model& model, int devices, ExpertSplit experts = ExpertSplit::tensor) {
  return message_of<InputError>([&] { shard(model, devices, 0, experts); });
}

TEST(Shard, OneDeviceHoldsTheModelAsItIs) {
  const Model model = *find_model("qwen2.5-7b");
  EXPECT_EQ(shard(model, 1, 0), model);
}

TEST(Shard, HeadsWidthsAndVocabularyAreDivided) {
  const Model part = shard(*find_model("llama-3.1-8b"), 4, 1);
  EXPECT_EQ(attention(part).heads, 8);
  EXPECT_EQ(attention(part).kv_heads, 2);
  EXPECT_EQ(attention(part).head_size, 128);
  EXPECT_EQ(mlp_of(first_layer(part))->width, 14336 / 4);
  EXPECT_EQ(part.vocabulary, 128256 / 4);
  EXPECT_EQ(part.hidden_size, 4096);
}

TEST(Shard, KvHeadsAreRepeatedWhereThereAreFewerThanDevices) {
  EXPECT_EQ(attention(shard(*find_model("qwen2.5-0.5b"), 2, 0)).kv_heads, 1);
  EXPECT_EQ(attention(shard(*find_model("llama-3.1-8b"), 16, 3)).kv_heads, 1);
}

TEST(Shard, TheVocabularyIsPaddedBeforeItIsDivided) {
  Model model = *find_model("llama-3.1-8b");
  model.vocabulary = 128001;
  EXPECT_EQ(shard(model, 2, 1).vocabulary, (128001 + 63) / 64 * 64 / 2);
}

TEST(Shard, WhatDoesNotDivideIsNamedWithWhatWould) {
  EXPECT_THAT(refusal(*find_model("qwen2.5-7b"), 3),
              testing::AllOf(HasSubstr("num_attention_heads = 28"), HasSubstr("1, 2, 4")));
  Layer layer;
  layer.mixer = Attention{.heads = 5, .kv_heads = 5, .head_size = 64};
  layer.feed_forward = Mlp{.width = 1000};
  EXPECT_THAT(refusal(model_with("x", 320, 1000, {{layer, 1}}), 5),
              HasSubstr("vocab_size, padded to 64, = 1024 does not divide by 5"));
  EXPECT_THAT(refusal(*find_model("phi-4"), 4), HasSubstr("num_key_value_heads = 10 neither divides"));
}

TEST(Shard, ADeviceThatIsNotThereIsRefused) {
  EXPECT_THROW(shard(*find_model("llama-3.1-8b"), 2, 2), InputError);
  EXPECT_THROW(shard(*find_model("llama-3.1-8b"), 0, 0), InputError);
}

TEST(Shard, ExpertsAreSlicedOrDealtOut) {
  const Model model = *find_model("qwen1.5-moe-a2.7b");  // 60 experts of 1408
  const auto experts = [](const Model& of) { return std::get<Experts>(of.layers[0].layer.feed_forward); };
  EXPECT_EQ(experts(shard(model, 8, 0)).count, 60);
  EXPECT_EQ(experts(shard(model, 8, 0)).expert.width, 176);
  EXPECT_EQ(experts(shard(model, 8, 3, ExpertSplit::expert)).count, 8);
  EXPECT_EQ(experts(shard(model, 8, 4, ExpertSplit::expert)).count, 7);
  EXPECT_EQ(experts(shard(model, 8, 4, ExpertSplit::expert)).expert.width, 1408);
  EXPECT_EQ(experts(shard(model, 8, 4, ExpertSplit::expert)).shared->width, 5632 / 8);
}

TEST(Shard, ARouterKnowsTheExpertsOfAllDevices) {
  const Model part = shard(*find_model("qwen1.5-moe-a2.7b"), 8, 4, ExpertSplit::expert);
  const WeightShapes shapes = layer_weights(part, part.layers[0].layer);
  const auto router = std::find_if(shapes.begin(), shapes.end(),
                                   [](const WeightShape& shape) { return shape.name == WeightName::router; });
  ASSERT_NE(router, shapes.end());
  EXPECT_EQ(router->rows, 60);
}

TEST(Shard, LatentVectorsAndStatesOfAllHeadsStayOrDivide) {
  const auto latent = std::get<LatentAttention>(shard(latent_model(), 8, 0).layers[0].layer.mixer);
  EXPECT_EQ(latent.heads, 16);
  EXPECT_EQ(latent.kv_rank, 512);
  const auto mamba = std::get<Mamba2>(shard(mamba2_model(), 8, 0).layers[0].layer.mixer);
  EXPECT_EQ(mamba.heads, 16);
  EXPECT_EQ(mamba.groups, 1);
  const auto net = std::get<GatedDeltaNet>(shard(linear_attention_model(), 2, 0).layers[0].layer.mixer);
  EXPECT_EQ(net.key_heads, 8);
  EXPECT_EQ(net.value_heads, 16);
}

TEST(Shard, DevicesTogetherHoldAllMatrices) {
  const Model model = *find_model("llama-3.1-8b");
  const std::int64_t replicated = (2 * layer_count(model) + 1) * model.hidden_size;  // norms
  std::int64_t sum = 0;
  for (int rank = 0; rank < 8; ++rank) sum += parameter_count(shard(model, 8, rank));
  EXPECT_EQ(sum, parameter_count(model) + 7 * replicated);
}

TEST(LayersOf, CutsAcrossRuns) {
  const Model model = latent_model();  // 3 dense layers, 58 with experts
  const Model part = layers_of(model, 2, 3);
  ASSERT_EQ(part.layers.size(), 2U);
  EXPECT_EQ(part.layers[0].count, 1);
  EXPECT_EQ(part.layers[1].count, 2);
  EXPECT_EQ(part.layers[1].layer, model.layers[1].layer);
  EXPECT_EQ(layer_count(layers_of(model, 60, 1)), 1);
}

}  // namespace
}  // namespace calibram
