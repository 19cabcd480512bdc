// SPDX-License-Identifier: MIT
// What a GGUF header says about layers that are not dense attention and MLP, with the sizes of real models.
#include "src/model/state.hpp"
#include "src/model/weights.hpp"
#include "tests/support/whole_model.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::Contains;
using testing::HasSubstr;

template <class Part>
const Part& mixer_of(const Layer& layer) {
  return std::get<Part>(layer.mixer);
}

TEST(GgufKinds, MixtralHasExpertsOfTheMlpsWidth) {
  const Model model = whole_model(
      small_gguf("llama")
          .key("expert_count", 8)
          .key("expert_used_count", 2)
          .each_layer([](GgufModelWriter& w, std::int64_t i) {
            w.norms(i, {"attn_norm.weight", "ffn_norm.weight"}).attention(i, 64, 32).experts(i, 8, 96);
          }));
  const Experts expected{.count = 8, .active = 2, .expert = {.width = 96}};
  EXPECT_EQ(std::get<Experts>(first_layer(model).feed_forward), expected);
}

TEST(GgufKinds, WithoutAWidthOfTheirOwnQwensActiveExpertsShareTheMlps) {
  const Model model = whole_model(small_gguf("qwen3moe", 1)
                                      .key("expert_count", 8)
                                      .key("expert_used_count", 4)
                                      .norms(0, {"attn_norm.weight", "ffn_norm.weight"})
                                      .attention(0, 64, 32)
                                      .experts(0, 8, 24));
  EXPECT_EQ(std::get<Experts>(first_layer(model).feed_forward).expert.width, 24);
}

// openai/gpt-oss: biases everywhere, the router's too; gate and up projection of all experts in one tensor.
TEST(GgufKinds, ExpertsMayHaveBiasesAndOneTensorForGateAndUp) {
  GgufModelWriter writer =
      small_gguf("gpt-oss", 1).key("attention.sliding_window", 128).key("expert_count", 8);
  writer.key("expert_used_count", 4).key("expert_feed_forward_length", 48);
  writer.norms(0, {"attn_norm.weight", "post_attention_norm.weight"}).attention(0, 64, 32);
  writer.part(0, "ffn_gate_inp.weight", {64, 8}).part(0, "ffn_gate_inp.bias", {8});
  writer.part(0, "ffn_gate_up_exps.weight", {64, 96, 8}).part(0, "ffn_gate_up_exps.bias", {96, 8});
  writer.part(0, "ffn_down_exps.weight", {48, 64, 8}).part(0, "ffn_down_exps.bias", {64, 8});
  const Experts experts = std::get<Experts>(first_layer(whole_model(writer)).feed_forward);
  EXPECT_TRUE(experts.router_bias);
  EXPECT_TRUE(experts.expert.bias);
  EXPECT_TRUE(experts.expert.gated);
}

/// DeepSeek-V3 without its NextN layer (huggingface.co/deepseek-ai/DeepSeek-V3 config.json), or one that is
/// as deep as asked.
GgufModelWriter deepseek_v3(std::uint32_t layers) {
  GgufModelWriter writer{"deepseek2", layers, 7168, 129280};
  writer.rms().heads(128, 1).key("feed_forward_length", 18432).key("leading_dense_block_count", 3);
  writer.key("attention.q_lora_rank", 1536).key("attention.kv_lora_rank", 512);
  writer.key("attention.key_length", 576).key("attention.value_length", 512);
  writer.key("attention.key_length_mla", 192).key("attention.value_length_mla", 128);
  writer.key("rope.dimension_count", 64).key("expert_count", 256).key("expert_used_count", 8);
  writer.key("expert_feed_forward_length", 2048).key("expert_shared_count", 1);
  writer.tensor("output.weight", {7168, 129280});
  return writer.each_layer([](GgufModelWriter& w, std::int64_t i) {
    w.norms(i, {"attn_norm.weight", "ffn_norm.weight"});
    w.part(i, "attn_q_a.weight", {7168, 1536}).part(i, "attn_q_a_norm.weight", {1536});
    w.part(i, "attn_q_b.weight", {1536, 24576}).part(i, "attn_kv_a_mqa.weight", {7168, 576});
    w.part(i, "attn_kv_a_norm.weight", {512}).part(i, "attn_k_b.weight", {128, 512, 128});
    w.part(i, "attn_v_b.weight", {512, 128, 128}).part(i, "attn_output.weight", {16384, 7168});
    if (i < 3) {
      w.mlp(i, 18432);
      return;
    }
    w.experts(i, 256, 2048).shared_expert(i, 2048).part(i, "exp_probs_b.bias", {256});
  });
}

TEST(GgufKinds, DeepSeekKeepsLatentVectors) {
  const Model model = whole_model(deepseek_v3(61));
  EXPECT_EQ(parameter_count(model), 671026419200);  // "671B", huggingface.co/deepseek-ai/DeepSeek-V3
  ASSERT_EQ(model.layers.size(), 2u);
  EXPECT_EQ(model.layers[0].count, 3);
  const LatentAttention expected{.heads = 128,
                                 .query_rank = 1536,
                                 .kv_rank = 512,
                                 .plain_size = 128,
                                 .rotary_size = 64,
                                 .value_size = 128};
  EXPECT_EQ(mixer_of<LatentAttention>(model.layers[1].layer), expected);
  EXPECT_EQ(cache_shape(model.layers[1].layer)->key_size, 576);
  const Experts& experts = std::get<Experts>(model.layers[1].layer.feed_forward);
  EXPECT_TRUE(experts.router_bias);
  EXPECT_EQ(experts.shared->width, 2048);
}

TEST(GgufKinds, LayersThatPredictFurtherTokensAreLeftOut) {
  GgufModelWriter writer = deepseek_v3(5).key("nextn_predict_layers", 1);
  writer.part(4, "nextn.eh_proj.weight", {14336, 7168});
  const Model model = writer.describe();
  EXPECT_EQ(layer_count(model), 4);
  EXPECT_THAT(model.remarks,
              Contains(HasSubstr("the last 1 of 5 layers predict further tokens and are left out")));
}

TEST(GgufKinds, FilesBeforeTheLatentCacheSaySo) {
  const GgufModelWriter writer = old_deepseek_gguf();
  const Model model = whole_model(writer);
  const auto& latent = mixer_of<LatentAttention>(first_layer(model));
  EXPECT_EQ(latent.plain_size, 16);
  EXPECT_FALSE(latent.absorbable);
  EXPECT_THAT(writer.describe().remarks, Contains(HasSubstr("keeps the keys and values of all heads")));
}

// Llama-3_1-Nemotron-51B (NAS): layers without attention, with one matrix in its place, without MLP.
TEST(GgufKinds, SearchedArchitecturesDifferLayerByLayer) {
  GgufModelWriter writer{"deci", 4, 64, 100};
  writer.rms().list("attention.head_count", {4, 4, 0, 4}).list("attention.head_count_kv", {2, 0, 0, 1});
  writer.list("feed_forward_length", {96, 64, 32, 0}).head_size(16);
  writer.norms(0, {"attn_norm.weight", "ffn_norm.weight"}).attention(0, 64, 32).mlp(0, 96);
  writer.norms(1, {"attn_norm.weight", "ffn_norm.weight"}).part(1, "attn_output.weight", {64, 64}).mlp(1, 64);
  writer.norms(2, {"ffn_norm.weight"}).mlp(2, 32).norms(3, {"attn_norm.weight"}).attention(3, 64, 16);
  const Model model = whole_model(writer);
  ASSERT_EQ(model.layers.size(), 4u);
  EXPECT_EQ(attention_of(model.layers[0].layer)->kv_heads, 2);
  EXPECT_TRUE(std::holds_alternative<Linear>(model.layers[1].layer.mixer));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(model.layers[2].layer.mixer));
  EXPECT_FALSE(model.layers[2].layer.norm_before_mixer);
  EXPECT_EQ(attention_of(model.layers[3].layer)->kv_heads, 1);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(model.layers[3].layer.feed_forward));
}

GgufModelWriter& mamba(GgufModelWriter& w, std::int64_t i, std::int64_t hidden, bool has_norms) {
  const std::int64_t inner = 2 * hidden, rank = hidden / 16;
  w.part(i, "ssm_in.weight", {hidden, 2 * inner}).part(i, "ssm_conv1d.weight", {4, inner});
  w.part(i, "ssm_conv1d.bias", {inner}).part(i, "ssm_x.weight", {inner, rank + 32});
  w.part(i, "ssm_dt.weight", {rank, inner}).part(i, "ssm_dt.bias", {inner}).part(i, "ssm_a", {16, inner});
  w.part(i, "ssm_d", {inner}).part(i, "ssm_out.weight", {inner, hidden});
  if (has_norms)
    w.part(i, "ssm_dt_norm.weight", {rank})
        .part(i, "ssm_b_norm.weight", {16})
        .part(i, "ssm_c_norm.weight", {16});
  return w.norms(i, {"attn_norm.weight"});
}

GgufModelWriter& scan_keys(GgufModelWriter& w, std::uint32_t inner, std::uint32_t state, std::uint32_t rank) {
  return w.key("ssm.conv_kernel", 4)
      .key("ssm.inner_size", inner)
      .key("ssm.state_size", state)
      .key("ssm.time_step_rank", rank);
}

TEST(GgufKinds, MambaHasNoHeads) {
  GgufModelWriter writer{"mamba", 2, 768, 50280};  // state-spaces/mamba-130m-hf: 129,135,360 parameters
  scan_keys(writer.rms().key("attention.head_count", 0).key("feed_forward_length", 0), 1536, 16, 48);
  const Model two =
      whole_model(writer.each_layer([](GgufModelWriter& w, std::int64_t i) { mamba(w, i, 768, false); }));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(first_layer(two).feed_forward));
  const StateShape state = recurrent_state_shape(first_layer(two).mixer);
  EXPECT_EQ(state.convolution_elements(), 1536 * 3);
  EXPECT_EQ(state.memory_elements, 1536 * 16);
  Model all = two;
  all.layers.front().count = 24;
  EXPECT_EQ(parameter_count(all), 129135360);
}

TEST(GgufKinds, JambaMixesMambaAttentionAndExperts) {
  GgufModelWriter writer{"jamba", 2, 64, 100};
  scan_keys(writer.rms().key("feed_forward_length", 96), 128, 16, 4).list("attention.head_count_kv", {0, 2});
  writer.key("attention.head_count", 4).key("expert_count", 4).key("expert_used_count", 2);
  mamba(writer, 0, 64, true).norms(0, {"ffn_norm.weight"}).mlp(0, 96);
  writer.norms(1, {"attn_norm.weight", "ffn_norm.weight"}).attention(1, 64, 32).experts(1, 4, 96);
  const Model model = whole_model(writer);
  EXPECT_TRUE(mixer_of<Mamba>(first_layer(model)).norms);
  EXPECT_EQ(attention_of(model.layers[1].layer)->rotary_size, 0);
  EXPECT_TRUE(std::holds_alternative<Experts>(model.layers[1].layer.feed_forward));
}

GgufModelWriter& mamba2(GgufModelWriter& w, std::int64_t i) {  // 8 heads of 16, 2 groups, state 32
  w.part(i, "ssm_in.weight", {64, 2 * 128 + 2 * 2 * 32 + 8}).part(i, "ssm_conv1d.weight", {4, 256});
  w.part(i, "ssm_conv1d.bias", {256}).part(i, "ssm_dt.bias", {8}).part(i, "ssm_a", {1, 8});
  w.part(i, "ssm_d", {1, 8}).part(i, "ssm_norm.weight", {64, 2}).part(i, "ssm_out.weight", {128, 64});
  return w.norms(i, {"attn_norm.weight"});
}

// NVIDIA-Nemotron-H: every layer is one part only.
TEST(GgufKinds, NemotronHHasOnePartInALayer) {
  GgufModelWriter writer{"nemotron_h", 3, 64, 100};
  scan_keys(writer.rms().key("attention.head_count", 4).head_size(16), 128, 32, 8).key("ssm.group_count", 2);
  writer.list("attention.head_count_kv", {0, 2, 0}).list("feed_forward_length", {0, 0, 96});
  mamba2(writer, 0).norms(1, {"attn_norm.weight"}).attention(1, 64, 32);
  writer.norms(2, {"attn_norm.weight"}).plain_mlp(2, 96);
  const Model model = whole_model(writer);
  const Mamba2 expected{.heads = 8, .head_size = 16, .groups = 2, .state_size = 32, .kernel_size = 4};
  EXPECT_EQ(mixer_of<Mamba2>(model.layers[0].layer), expected);
  EXPECT_FALSE(model.layers[0].layer.norm_before_mlp);
  EXPECT_EQ(attention_of(model.layers[1].layer)->rotary_size, 0);
  EXPECT_FALSE(model.layers[2].layer.norm_before_mixer);
  EXPECT_EQ(*mlp_of(model.layers[2].layer),
            (Mlp{.width = 96, .gated = false, .activation = Activation::relu_squared}));
}

TEST(GgufKinds, GraniteHybridHasASharedExpertBesideOthers) {
  GgufModelWriter writer{"granitehybrid", 2, 64, 100};
  scan_keys(writer.rms().key("attention.head_count", 4).head_size(16), 128, 32, 8).key("ssm.group_count", 2);
  writer.list("attention.head_count_kv", {0, 2}).key("feed_forward_length", 96).key("expert_count", 4);
  writer.key("expert_used_count", 2).key("expert_shared_feed_forward_length", 48);
  mamba2(writer, 0).norms(0, {"ffn_norm.weight"}).experts(0, 4, 96).shared_expert(0, 48);
  writer.norms(1, {"attn_norm.weight", "ffn_norm.weight"}).attention(1, 64, 32);
  writer.experts(1, 4, 96).shared_expert(1, 48);
  EXPECT_EQ(std::get<Experts>(first_layer(whole_model(writer)).feed_forward).shared->width, 48);
}

// Qwen3-Next: gated queries, linear attention in three layers of four, a gate for the shared expert.
TEST(GgufKinds, Qwen3NextIsReadInBothLayoutsOfItsProjections) {
  GgufModelWriter writer = small_gguf("qwen3next", 3).head_size(16).key("ssm.group_count", 2);
  scan_keys(writer, 64, 16, 4).key("expert_count", 4).key("expert_used_count", 2);
  writer.key("expert_feed_forward_length", 32).key("expert_shared_feed_forward_length", 48);
  writer.part(0, "ssm_in.weight", {64, 192})
      .part(1, "attn_qkv.weight", {64, 128})
      .part(1, "attn_gate.weight", {64, 64});
  for (const std::int64_t i : {0, 1}) {
    writer.part(i, "ssm_ba.weight", {64, 8})
        .part(i, "ssm_conv1d.weight", {4, 128})
        .part(i, "ssm_dt.bias", {4});
    writer.part(i, "ssm_a", {4}).part(i, "ssm_norm.weight", {16}).part(i, "ssm_out.weight", {64, 64});
  }
  writer.part(2, "attn_q.weight", {64, 128})
      .part(2, "attn_k.weight", {64, 32})
      .part(2, "attn_v.weight", {64, 32});
  writer.part(2, "attn_output.weight", {64, 64})
      .part(2, "attn_q_norm.weight", {16})
      .part(2, "attn_k_norm.weight", {16});
  writer.each_layer([](GgufModelWriter& w, std::int64_t i) {
    w.norms(i, {"attn_norm.weight", "post_attention_norm.weight", "ffn_gate_inp_shexp.weight"});
    w.experts(i, 4, 32).shared_expert(i, 48);
  });
  const Model model = whole_model(writer);
  const GatedDeltaNet expected{
      .key_heads = 2, .value_heads = 4, .key_size = 16, .value_size = 16, .kernel_size = 4};
  EXPECT_EQ(model.layers[0].count, 2);
  EXPECT_EQ(mixer_of<GatedDeltaNet>(model.layers[0].layer), expected);
  EXPECT_TRUE(attention_of(model.layers[1].layer)->output_gate);
  EXPECT_TRUE(std::get<Experts>(model.layers[1].layer.feed_forward).shared_gate);
}

/// Gemma 3n in miniature but for its depth.
GgufModelWriter gemma3n(std::uint32_t layers) {
  GgufModelWriter writer = small_gguf("gemma3n", layers).key("attention.sliding_window", 512);
  writer.tensor("altup_proj.weight", {64, 64, 3}).tensor("altup_unembd_proj.weight", {64, 64, 3});
  writer.tensor("per_layer_token_embd.weight", {8 * layers, 90}).tensor("per_layer_proj_norm.weight", {8});
  writer.tensor("per_layer_model_proj.weight", {64, 8 * layers});
  return writer.each_layer([](GgufModelWriter& w, std::int64_t i) {
    w.norms(i, {"attn_norm.weight", "ffn_norm.weight", "post_attention_norm.weight", "post_ffw_norm.weight"});
    w.attention(i, 64, 32).mlp(i, 96).part(i, "attn_q_norm.weight", {16}).part(i, "attn_k_norm.weight", {16});
    w.part(i, "inp_gate.weight", {64, 8}).part(i, "proj.weight", {8, 64}).norms(i, {"post_norm.weight"});
    w.part(i, "altup_correct_coef.weight", {4, 4}).part(i, "altup_predict_coef.weight", {4, 16});
    w.part(i, "altup_router.weight", {64, 4})
        .norms(i, {"altup_router_norm.weight", "altup_correct_scale.weight"});
    w.part(i, "laurel_l.weight", {64, 5})
        .part(i, "laurel_r.weight", {5, 64})
        .norms(i, {"laurel_post_norm.weight"});
  });
}

std::int64_t layers_with_cache(const Model& model) {
  std::int64_t count = 0;
  for (const LayerRun& run : model.layers)
    if (cache_shape(run.layer)) count += run.count;
  return count;
}

TEST(GgufKinds, Gemma3nSharesCachesAndHasCopiesOfTheHiddenState) {
  const Model model = whole_model(gemma3n(30));
  EXPECT_EQ(*first_layer(model).alternating_updates,
            (AlternatingUpdates{.copies = 4, .laurel_rank = 5, .layer_embedding_size = 8}));
  EXPECT_EQ(model.layer_embedding_vocabulary, 90);
  EXPECT_EQ(layers_with_cache(model), 20);  // whatever the depth: llama.cpp's n_layer_kv_from_start
  EXPECT_EQ(layers_with_cache(whole_model(gemma3n(5))), 5);
  EXPECT_EQ(layers_with_cache(whole_model(gemma3n(5).key("attention.shared_kv_layers", 2))), 3);
}

}  // namespace
}  // namespace calibram
