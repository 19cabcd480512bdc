// SPDX-License-Identifier: MIT
// Which layer has which mixer, for every kind of rule.
#include "tests/support/config_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace calibram {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A letter for each layer: F full attention, S sliding, C chunked, L latent, m Mamba, M Mamba 2, D gated
/// delta net, = one matrix, - none.
std::string mixers_of(const Model& model) {
  std::string letters;
  for (const Layer& layer : all_layers(model)) {
    if (const Attention* attention = attention_of(layer))
      letters += attention->window ? 'S' : attention->chunk ? 'C' : 'F';
    else
      letters += "-?LmMD="[layer.mixer.index()];
  }
  return letters;
}

std::string mixers(const std::string& model_type, const std::string& more = "") {
  return mixers_of(read_family(model_type, more));
}

TEST(ConfigLayers, AWindowIsOfAllLayersOrOfTheUpperOnes) {
  EXPECT_EQ(mixers("mistral"), "SSSS");
  EXPECT_EQ(mixers("phi3"), "FFFF");
  EXPECT_EQ(mixers("phi3", R"("sliding_window": 64)"), "SSSS");
  EXPECT_EQ(mixers("qwen2", R"("sliding_window": 64, "max_window_layers": 3)"), "FFFF");
  EXPECT_EQ(mixers("qwen2", R"("use_sliding_window": true, "max_window_layers": 3)"), "FFFS");
  EXPECT_EQ(mixers("qwen3_moe", R"("use_sliding_window": true, "max_window_layers": 9)"), "FFFF");
}

TEST(ConfigLayers, FullAttentionComesInEveryLastLayerOfAGroup) {
  EXPECT_EQ(mixers("gemma2"), "SFSF");
  EXPECT_EQ(mixers("gpt_oss"), "SFSF");
  EXPECT_EQ(mixers("gemma3_text", R"("sliding_window_pattern": 3)"), "SSFS");
  EXPECT_EQ(mixers("gemma3_text"), "SSSS");  // the sixth
  EXPECT_EQ(mixers("cohere2"), "SSSF");
  EXPECT_EQ(mixers("olmo3"), "SSSF");
  EXPECT_EQ(mixers("qwen3_next"), "DDDF");
  EXPECT_EQ(mixers("qwen3_next", R"("full_attention_interval": 2)"), "DFDF");
  EXPECT_EQ(mixers("llama4_text"), "CCCF");
  EXPECT_EQ(mixers("llama4_text", R"("no_rope_layer_interval": 2, "no_rope_layers": [])"), "CFCF");
}

TEST(ConfigLayers, PeriodAndOffsetPlaceAttentionAmongMamba) {
  EXPECT_EQ(mixers("jamba", R"("attn_layer_period": 2, "attn_layer_offset": 1)"), "mFmF");
  EXPECT_EQ(mixers("jamba", R"("attn_layer_period": 3, "attn_layer_offset": 0)"), "FmmF");
  EXPECT_EQ(mixers("jamba"), "mmmm");  // the fifth of eight
  EXPECT_THAT(error_of_text(config_text("jamba", R"("attn_layer_period": 2, "attn_layer_offset": 2)")),
              AllOf(HasSubstr("$.attn_layer_offset"), HasSubstr("less than the period, 2")));
}

TEST(ConfigLayers, WhatTheFileSaysOfEachLayerGoesBeforeTheRule) {
  EXPECT_EQ(mixers("gemma2", R"("layer_types": ["full_attention", "full_attention", "sliding_attention",
      "full_attention"])"),
            "FFSF");
  EXPECT_EQ(mixers("granitemoehybrid", R"("layer_types": ["mamba", "attention", "mamba", "mamba"],
      "mamba_n_heads": 8)"),
            "MFMM");
  EXPECT_EQ(mixers("llama4_text", R"("no_rope_layers": [0, 1, 1, 0])"), "FCCF");
  EXPECT_EQ(mixers("qwen3_next", R"("layer_types": ["full_attention", "linear_attention", "linear_attention",
      "full_attention"])"),
            "FDDF");
}

TEST(ConfigLayers, AnUnknownOrForeignTypeOfLayerIsRefusedByItsPlace) {
  const auto error = [](const std::string& family, const std::string& type) {
    return error_of_text(config_text(family, R"("layer_types": ["full_attention", ")" + type +
                                                 R"(", "full_attention", "full_attention"])"));
  };
  EXPECT_THAT(error("llama", "mamba"), AllOf(HasSubstr("$.layer_types[1]"), HasSubstr("full_attention")));
  EXPECT_THAT(error("gemma2", "chunked_attention"), HasSubstr("$.layer_types[1]"));
  EXPECT_THAT(error("gemma2", "Sliding"), HasSubstr("sliding_attention"));
  EXPECT_THAT(error_of_text(config_text("gemma2", R"("layer_types": [])")),
              HasSubstr("one entry per layer, 4"));
}

TEST(ConfigLayers, APatternSaysBothPartsOfALayer) {
  const Model model = read_family("nemotron_h", R"("hybrid_override_pattern": "M-*E",
      "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64)");
  EXPECT_EQ(mixers_of(model), "M-F-");
  const std::vector<Layer> layers = all_layers(model);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(layers[0].feed_forward));
  EXPECT_TRUE(mlp_of(layers[1]));
  EXPECT_TRUE(std::holds_alternative<Experts>(layers[3].feed_forward));
  for (const Layer& layer : layers) EXPECT_NE(layer.norm_before_mixer, layer.norm_before_mlp);
}

TEST(ConfigLayers, AWrongPatternIsRefused) {
  const auto error = [](const std::string& pattern) {
    return error_of_text(config_text("nemotron_h", R"("hybrid_override_pattern": )" + pattern));
  };
  EXPECT_THAT(error(R"("M-*")"),
              AllOf(HasSubstr("$.hybrid_override_pattern"), HasSubstr("letter per layer, 4")));
  EXPECT_THAT(error(R"("M-*X")"), HasSubstr("must consist of M"));
  EXPECT_THAT(error("7"), HasSubstr("must be a text"));
  EXPECT_THAT(error("null"), HasSubstr("$.hybrid_override_pattern is missing"));
}

// DeciLM-7B and its successors by architecture search.
TEST(ConfigLayers, KvHeadsMayDifferBetweenLayers) {
  const Model model = read_family("deci", R"("num_key_value_heads_per_layer": [4, 4, 2, 1])");
  ASSERT_EQ(model.layers.size(), 3U);
  EXPECT_EQ(attention_of(model.layers[0].layer)->kv_heads, 4);
  EXPECT_EQ(attention_of(model.layers[2].layer)->kv_heads, 1);
  EXPECT_THAT(error_of_text(config_text("deci", R"("num_key_value_heads_per_layer": [4])")),
              AllOf(HasSubstr("$.num_key_value_heads_per_layer"), HasSubstr("one entry per layer, 4")));
  EXPECT_THAT(error_of_text(config_text("deci", R"("num_key_value_heads_per_layer": [4, 4, 0, 1])")),
              HasSubstr("$.num_key_value_heads_per_layer[2]"));
  EXPECT_THAT(error_of_text(config_text("deci", R"("num_key_value_heads_per_layer": [4, 4, 3, 1])")),
              HasSubstr("divide num_attention_heads = 8"));
}

constexpr const char* blocks = R"("block_configs": [
    {"attention": {"n_heads_in_group": 4}, "ffn": {"ffn_mult": 2.625}},
    {"attention": {"no_op": true, "n_heads_in_group": null}, "ffn": {"ffn_mult": 1.0, "no_op": false}},
    {"attention": {"replace_with_linear": true}, "ffn": {"no_op": true}},
    {"attention": {"n_heads_in_group": 8}, "ffn": {"replace_with_linear": true}}])";

TEST(ConfigLayers, BlocksSayWhatASearchLeftOfALayer) {
  const Model model = read_family("nemotron-nas", blocks);
  EXPECT_EQ(mixers_of(model), "F-=F");
  const std::vector<Layer> layers = all_layers(model);
  EXPECT_EQ(attention_of(layers[0])->kv_heads, 2);
  EXPECT_EQ(attention_of(layers[3])->kv_heads, 1);
  EXPECT_EQ(mlp_of(layers[0])->width, 512);  // 2 * 2.625 * 256 / 3 = 448, up to a multiple of 256
  EXPECT_EQ(mlp_of(layers[1])->width, 256);
  EXPECT_FALSE(layers[1].norm_before_mixer);
  EXPECT_FALSE(layers[2].norm_before_mlp);
  EXPECT_TRUE(std::holds_alternative<Linear>(layers[3].feed_forward));
}

TEST(ConfigLayers, WrongBlocksAreRefusedByTheirPlace) {
  std::string wrong = blocks;
  wrong.replace(wrong.find("n_heads_in_group\": 8"), 20, "n_heads_in_group\": 3");
  EXPECT_THAT(error_of_text(config_text("nemotron-nas", wrong)),
              HasSubstr("$.block_configs[3].attention.n_heads_in_group"));
  EXPECT_THAT(error_of_text(config_text("nemotron-nas")), HasSubstr("$.block_configs is missing"));
  EXPECT_THAT(error_of_text(config_text("nemotron-nas", R"("block_configs": [1, 2, 3, 4])")),
              HasSubstr("$.block_configs[0]"));
}

TEST(ConfigLayers, TheLastLayersMayUseTheCachesOfEarlierOnes) {
  const Model model = read_family("gemma3n_text", R"("num_kv_shared_layers": 1)");
  const std::vector<Layer> layers = all_layers(model);
  EXPECT_TRUE(attention_of(layers[2])->owns_cache);
  EXPECT_FALSE(attention_of(layers[3])->owns_cache);
  EXPECT_EQ(layers[0].alternating_updates->copies, 4);
  EXPECT_EQ(model.layer_embedding_vocabulary, 262144);
  EXPECT_THAT(
      error_of_text(config_text("gemma3n_text")),  // 15 by default
      AllOf(HasSubstr("$.num_kv_shared_layers is absent"), HasSubstr("less than the number of layers")));
}

TEST(ConfigLayers, ANullRankMeansThatQueriesAreProjectedDirectly) {
  const auto rank = [](const std::string& more) {
    const Model model = read_family("deepseek_v2", R"("num_experts_per_tok": 2, )" + more);
    return std::get<LatentAttention>(first_layer(model).mixer).query_rank;
  };
  EXPECT_EQ(rank(R"("first_k_dense_replace": 1)"), 1536);
  EXPECT_EQ(rank(R"("q_lora_rank": null)"), 0);
  EXPECT_EQ(rank(R"("q_lora_rank": 64)"), 64);
}

TEST(ConfigLayers, SizesOfStateSpacesComeFromTheirFamily) {
  const auto mamba = [](const std::string& family, const std::string& more) {
    return std::get<Mamba>(first_layer(read_family(family, more)).mixer);
  };
  EXPECT_EQ(mamba("mamba", R"("expand": 3)").inner_size, 768);
  EXPECT_EQ(mamba("mamba", R"("time_step_rank": "auto")").step_rank, 16);
  EXPECT_EQ(mamba("mamba", R"("time_step_rank": 9)").step_rank, 9);
  EXPECT_EQ(mamba("falcon_mamba", R"("expand": 16)").inner_size, 512);  // intermediate_size goes before
  EXPECT_TRUE(mamba("jamba", R"("mamba_d_conv": 5)").norms);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(first_layer(read_family("mamba")).feed_forward));
}

TEST(ConfigLayers, HeadsOfMambaTwoMustFillItsInnerSize) {
  const std::string heads = R"("num_heads": 8, "head_dim": 64, "n_groups": 2)";
  EXPECT_EQ(std::get<Mamba2>(first_layer(read_family("mamba2", heads)).mixer).inner_size(), 512);
  EXPECT_THAT(error_of_text(config_text("mamba2", heads + R"(, "expand": 3)")),
              AllOf(HasSubstr("$.num_heads is 8"), HasSubstr("expand hidden sizes, 768")));
  EXPECT_THAT(error_of_text(config_text("mamba2", R"("num_heads": 8, "n_groups": 3)")),
              HasSubstr("$.n_groups"));
}

TEST(ConfigLayers, FalconsHeadsFollowItsArchitecture) {
  const auto kv_heads = [](const std::string& more) {
    return attention_of(first_layer(read_family("falcon", R"("num_kv_heads": 4, )" + more)))->kv_heads;
  };
  EXPECT_EQ(kv_heads(R"("bias": false)"), 1);
  EXPECT_EQ(kv_heads(R"("multi_query": false)"), 8);
  EXPECT_EQ(kv_heads(R"("new_decoder_architecture": true)"), 4);
}

TEST(ConfigLayers, ParallelPartsShareANormUnlessTheFamilyOrTheFileSaysOtherwise) {
  const auto has_two_norms = [](const std::string& family, const std::string& more) {
    const Layer layer = first_layer(read_family(family, more));
    EXPECT_TRUE(layer.parallel_residual);
    return layer.norm_before_mlp;
  };
  EXPECT_FALSE(has_two_norms("cohere", ""));
  EXPECT_TRUE(has_two_norms("gpt_neox", ""));
  EXPECT_FALSE(has_two_norms("falcon", ""));
  EXPECT_TRUE(has_two_norms("falcon", R"("new_decoder_architecture": true)"));
  EXPECT_FALSE(has_two_norms("falcon", R"("new_decoder_architecture": true, "num_ln_in_parallel_attn": 1)"));
}

TEST(ConfigLayers, NormsStandWhereTheFamilyHasThem) {
  const Layer outputs_only = first_layer(read_family("olmo2"));
  EXPECT_FALSE(outputs_only.norm_before_mixer || outputs_only.norm_before_mlp);
  EXPECT_TRUE(outputs_only.norm_after_each);
  EXPECT_FALSE(read_family("olmo").norm_weight);
  EXPECT_FALSE(read_family("cohere").norm_bias);
  EXPECT_TRUE(read_family("stablelm").norm_bias);
}

TEST(ConfigLayers, QueriesAndKeysAreNormedAsTheFamilyDoes) {
  const auto norm = [](const std::string& family, const std::string& more = "") {
    return attention_of(all_layers(read_family(family, more))[3])->query_key_norm;
  };
  EXPECT_EQ(norm("olmo2"), QueryKeyNorm::whole);
  EXPECT_EQ(norm("cohere"), QueryKeyNorm::none);
  EXPECT_EQ(norm("cohere", R"("use_qk_norm": true)"), QueryKeyNorm::each_head);
  EXPECT_EQ(norm("stablelm", R"("qk_layernorm": true)"), QueryKeyNorm::each_head);
  EXPECT_EQ(norm("llama4_text"), QueryKeyNorm::unweighted);
  EXPECT_EQ(norm("glm4_moe", R"("use_qk_norm": true)"), QueryKeyNorm::per_head);
}

TEST(ConfigLayers, FullAttentionOfSomeFamiliesDoesNotRotate) {
  const std::vector<Layer> layers = all_layers(read_family("llama4_text"));
  EXPECT_EQ(attention_of(layers[0])->rotary_size, 128);
  EXPECT_EQ(attention_of(layers[3])->rotary_size, 0);
  const std::string alternating =
      R"("layer_types": ["attention", "mamba", "mamba", "mamba"], "mamba_n_heads": 8,
      "position_embedding_type": )";
  EXPECT_EQ(
      attention_of(first_layer(read_family("granitemoehybrid", alternating + R"("nope")")))->rotary_size, 0);
  EXPECT_EQ(
      attention_of(first_layer(read_family("granitemoehybrid", alternating + R"("rope")")))->rotary_size, 32);
}

}  // namespace
}  // namespace calibram
