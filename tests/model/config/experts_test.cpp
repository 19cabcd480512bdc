// SPDX-License-Identifier: MIT
// Which layer has a mixture of experts, and of what sizes, for every kind of rule.
#include "tests/support/config_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A letter for each layer: E experts, D dense, - nothing.
std::string parts_of(const Model& model) {
  std::string letters;
  for (const Layer& layer : all_layers(model)) letters += "-DE="[layer.feed_forward.index()];
  return letters;
}

std::string parts(const std::string& model_type, const std::string& more) {
  return parts_of(read_family(model_type, more));
}

Experts experts_of(const Model& model) {
  for (const LayerRun& run : model.layers)
    if (const auto* experts = std::get_if<Experts>(&run.layer.feed_forward)) return *experts;
  return {};
}

const std::string deepseek =
    R"("n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64)";
const std::string qwen = R"("num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64)";
const std::string mixtral = R"("num_local_experts": 8, "num_experts_per_tok": 2)";

TEST(ConfigExperts, AreInAllLayersOrFromOneOn) {
  EXPECT_EQ(parts("mixtral", mixtral), "EEEE");
  EXPECT_EQ(parts("deepseek_v2", deepseek), "EEEE");
  EXPECT_EQ(parts("deepseek_v3", deepseek), "DDDE");
  EXPECT_EQ(parts("deepseek_v3", deepseek + R"(, "first_k_dense_replace": 1)"), "DEEE");
  EXPECT_EQ(parts("deepseek_v2", deepseek + R"(, "first_k_dense_replace": 1, "moe_layer_freq": 2)"), "DDED");
  EXPECT_EQ(parts("glm4_moe", deepseek + R"(, "first_k_dense_replace": 9)"), "DDDD");
}

TEST(ConfigExperts, AreInEveryFewLayers) {
  EXPECT_EQ(parts("qwen2_moe", qwen + R"(, "decoder_sparse_step": 2)"), "DEDE");
  EXPECT_EQ(parts("qwen3_moe", qwen + R"(, "mlp_only_layers": [0, 3])"), "DEED");
  EXPECT_EQ(parts("jamba", R"("num_experts": 8)"), "DEDE");
  EXPECT_EQ(parts("jamba", R"("expert_layer_period": 3, "expert_layer_offset": 0)"), "EDDE");
  EXPECT_EQ(parts("llama4_text", mixtral + R"(, "interleave_moe_layer_step": 2)"), "DEDE");
  EXPECT_EQ(parts("llama4_text", mixtral + R"(, "moe_layers": [2])"), "DDED");
  EXPECT_EQ(parts("ernie4_5_moe", R"("moe_layer_interval": 2)"), "DEDE");
  EXPECT_EQ(parts("ernie4_5_moe", R"("moe_layer_start_index": 1, "moe_layer_end_index": 2)"), "DEED");
}

TEST(ConfigExperts, MayBeNone) {
  EXPECT_EQ(parts("qwen2_moe", R"("num_experts": 0)"), "DDDD");
  EXPECT_EQ(parts("deepseek_v2", R"("n_routed_experts": null)"), "DDDD");
  EXPECT_EQ(parts("jamba", R"("num_experts": 1)"), "DDDD");
  EXPECT_THAT(error_of_text(config_text("mixtral", R"("num_local_experts": 0)")),
              AllOf(HasSubstr("$.num_local_experts is 0"), HasSubstr("at least 1")));
}

TEST(ConfigExperts, WithoutThemGraniteFourHasItsSharedMlp) {
  const Model model = read_family("granitemoehybrid", R"("num_local_experts": 0, "mamba_n_heads": 8,
      "shared_intermediate_size": 96)");
  EXPECT_EQ(parts_of(model), "DDDD");
  EXPECT_EQ(mlp_of(first_layer(model))->width, 96);
}

TEST(ConfigExperts, DenseLayersOfLlamaFourHaveAWidthOfTheirOwn) {
  const Model model = read_family("llama4_text", mixtral + R"(, "interleave_moe_layer_step": 2,
      "intermediate_size_mlp": 2048)");
  EXPECT_EQ(mlp_of(first_layer(model))->width, 2048);
  EXPECT_EQ(experts_of(model).expert.width, 512);
  EXPECT_EQ(experts_of(model).shared->width, 512);
}

TEST(ConfigExperts, SharedOnesAreCountedOrMeasured) {
  EXPECT_EQ(experts_of(read_family("deepseek_v2", deepseek)).shared->width, 2 * 64);
  EXPECT_EQ(experts_of(read_family("deepseek_v2", deepseek + R"(, "n_shared_experts": 3)")).shared->width,
            3 * 64);
  EXPECT_FALSE(experts_of(read_family("deepseek_v2", deepseek + R"(, "n_shared_experts": null)")).shared);
  EXPECT_EQ(experts_of(read_family("qwen2_moe", qwen)).shared->width, 5632);
  EXPECT_TRUE(experts_of(read_family("qwen2_moe", qwen)).shared_gate);
  EXPECT_FALSE(experts_of(read_family("qwen3_moe", qwen)).shared);
  EXPECT_FALSE(experts_of(read_family("granitemoe", mixtral)).shared);
  EXPECT_EQ(experts_of(read_family("granitemoeshared", mixtral + R"(, "shared_intermediate_size": 96)"))
                .shared->width,
            96);
}

TEST(ConfigExperts, RoutersAndExpertsHaveTheBiasesOfTheirFamily) {
  EXPECT_TRUE(experts_of(read_family("deepseek_v3", deepseek)).router_bias);
  EXPECT_FALSE(experts_of(read_family("deepseek_v2", deepseek)).router_bias);
  const Experts experts = experts_of(read_family("gpt_oss", mixtral));
  EXPECT_TRUE(experts.router_bias && experts.expert.bias);
  EXPECT_TRUE(attention_of(first_layer(read_family("gpt_oss", mixtral)))->sinks);
}

TEST(ConfigExperts, TheirFieldsMayStandInObjects) {
  const Model model = read_text(R"({"model_type": "dbrx", "d_model": 256, "n_heads": 8, "n_layers": 2,
      "max_seq_len": 64, "vocab_size": 1000, "attn_config": {"kv_n_heads": 4, "rope_theta": 500000},
      "ffn_config": {"ffn_hidden_size": 96, "moe_num_experts": 16, "moe_top_k": 3}})");
  EXPECT_EQ(experts_of(model).count, 16);
  EXPECT_EQ(experts_of(model).active, 3);
  EXPECT_EQ(experts_of(model).expert.width, 96);
  EXPECT_EQ(attention_of(first_layer(model))->kv_heads, 4);
  EXPECT_EQ(model.rope_theta, 500000);
  EXPECT_THAT(error_of_text(R"({"model_type": "dbrx", "d_model": 256, "n_heads": 8, "n_layers": 2,
      "vocab_size": 1000, "ffn_config": {"moe_top_k": 5}})"),
              AllOf(HasSubstr("$.ffn_config.moe_top_k is 5"), HasSubstr("at most 4")));
}

TEST(ConfigExperts, TheirNumbersMayDifferBetweenLayers) {
  const Model model = read_family("hunyuan_v1_moe", R"("num_experts": 8, "moe_topk": [2, 2, 4, 4],
      "num_shared_expert": [1, 1, 1, 1], "moe_intermediate_size": [64, 64, 64, 64])");
  ASSERT_EQ(model.layers.size(), 2U);
  EXPECT_EQ(std::get<Experts>(model.layers[1].layer.feed_forward).active, 4);
  EXPECT_THAT(error_of_text(config_text("hunyuan_v1_moe", R"("num_experts": 8, "moe_topk": [2, 2])")),
              AllOf(HasSubstr("$.moe_topk"), HasSubstr("one entry per layer, 4")));
}

TEST(ConfigExperts, ContradictionsAreNamedByTheirPath) {
  const std::pair<std::string, const char*> faults[] = {
      {config_text("mixtral", R"("num_local_experts": 4, "num_experts_per_tok": 5)"),
       "$.num_experts_per_tok"},
      {config_text("mixtral", R"("num_local_experts": -1)"), "$.num_local_experts"},
      {config_text("mixtral", R"("num_local_experts": 99999999)"), "$.num_local_experts"},
      {config_text("qwen3_moe", qwen + R"(, "mlp_only_layers": [4])"), "$.mlp_only_layers[0]"},
      {config_text("qwen3_moe", qwen + R"(, "decoder_sparse_step": 0)"), "$.decoder_sparse_step"},
      {config_text("llama4_text", R"("moe_layers": [-1])"), "$.moe_layers[0]"},
      {config_text("jamba", R"("expert_layer_offset": 2)"), "$.expert_layer_offset"},
      {config_text("deepseek_v2", R"("n_routed_experts": 8)"), "$.num_experts_per_tok is missing"},
      {config_text("deepseek", R"("first_k_dense_replace": 1)"), "$.n_routed_experts is missing"},
  };
  for (const auto& [text, path] : faults) EXPECT_THAT(error_of_text(text), HasSubstr(path)) << text;
}

}  // namespace
}  // namespace calibram
