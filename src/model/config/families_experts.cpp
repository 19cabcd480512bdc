// SPDX-License-Identifier: MIT
// The families with attention in every layer and mixtures of experts in some.
//
// Sources as in families_dense.cpp.
#include "src/model/config/family.hpp"

#include <array>

namespace calibram {
namespace {

constexpr HeadNorms norm_per_head{QueryKeyNorm::per_head};
constexpr MixerRule all_sliding{.marked = MixerKind::sliding};
constexpr MixerRule sliding_upper_layers{MixerKind::sliding, MixerKind::attention,
                                         all_from({"max_window_layers", 28})};
constexpr LayerRule qwen_sparse_layers{.every = {"decoder_sparse_step", 1}, .excepted = "mlp_only_layers"};

constexpr Family qwen3_moe = {.model_type = "qwen3_moe",
                              .max_positions = {"max_position_embeddings", 32768},
                              .mixers = sliding_upper_layers,
                              .window = {"sliding_window", 4096},
                              .uses_window = {false, "use_sliding_window"},
                              .kv_heads = {"num_key_value_heads", 4},
                              .input_bias = attention_bias,
                              .output_bias = attention_bias,
                              .head_norms = norm_per_head,
                              .experts = ExpertFields{.layers = qwen_sparse_layers,
                                                      .count = {"num_experts", 128},
                                                      .may_be_none = true,
                                                      .active = {"num_experts_per_tok", 8},
                                                      .width = {"moe_intermediate_size", 768}}};

/// Dense before `first_k_dense_replace`, and where `moe_layer_freq` does not divide the index.
constexpr LayerRule deepseek_sparse_layers(std::int64_t first) {
  return {
      .first = {"first_k_dense_replace", first}, .every = {"moe_layer_freq", 1}, .offset = {.by_default = 0}};
}

constexpr Family deepseek_v3 = {.model_type = "deepseek_v3",
                                .max_positions = {"max_position_embeddings", 4096},
                                .latent = LatentFields{},
                                .input_bias = attention_bias,
                                .experts = ExpertFields{.layers = deepseek_sparse_layers(3),
                                                        .count = {"n_routed_experts", 256},
                                                        .may_be_none = true,
                                                        .active = {"num_experts_per_tok", 8},
                                                        .width = {"moe_intermediate_size", 2048},
                                                        .router_bias = true,
                                                        .shared_count = {"n_shared_experts", 1}}};

constexpr Family granitemoe = {.model_type = "granitemoe",
                               .input_bias = attention_bias,
                               .output_bias = attention_bias,
                               .experts = ExpertFields{.count = {"num_local_experts", 8},
                                                       .active = {"num_experts_per_tok", 2},
                                                       .width = {"intermediate_size"}}};

constexpr Family granitemoeshared = [] {
  Family family = same_as(granitemoe, "granitemoeshared");
  family.experts->shared_width = {"shared_intermediate_size", 0};
  return family;
}();

constexpr std::array expert_table = {
    Family{.model_type = "mixtral",
           .max_positions = {"max_position_embeddings", 131072},
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .mixers = all_sliding,
           .kv_heads = {"num_key_value_heads", 8},
           .rope_theta = {"rope_theta", 1e6},
           .experts = ExpertFields{.count = {"num_local_experts", 8},
                                   .active = {"num_experts_per_tok", 2},
                                   .width = {"intermediate_size"}}},
    Family{.model_type = "qwen2_moe",
           .max_positions = {"max_position_embeddings", 32768},
           .mixers = sliding_upper_layers,
           .window = {"sliding_window", 4096},
           .uses_window = {false, "use_sliding_window"},
           .kv_heads = {"num_key_value_heads", 16},
           .input_bias = {true, "qkv_bias"},
           .experts = ExpertFields{.layers = qwen_sparse_layers,
                                   .count = {"num_experts", 60},
                                   .may_be_none = true,
                                   .active = {"num_experts_per_tok", 4},
                                   .width = {"moe_intermediate_size", 1408},
                                   .shared_width = {"shared_expert_intermediate_size", 5632},
                                   .shared_gate = true}},
    qwen3_moe,
    same_as(qwen3_moe, "qwen3_vl_moe_text"),
    // The release's LayerNorms have biases, which transformers 4.57 leaves out.
    Family{.model_type = "phimoe",
           .max_positions = {"max_position_embeddings", 131072},
           .head_bias = {false, "lm_head_bias"},
           .norm = Norm::layer,
           .norm_bias = true,
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .mixers = all_sliding,
           .kv_heads = {"num_key_value_heads", 8},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .rope_theta = {"rope_theta", 1e6},
           .experts = ExpertFields{.count = {"num_local_experts", 16},
                                   .active = {"num_experts_per_tok", 2},
                                   .width = {"intermediate_size"}}},
    granitemoe,
    granitemoeshared,
    Family{.model_type = "olmoe",
           .max_positions = {"max_position_embeddings", 4096},
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .head_norms = {QueryKeyNorm::whole},
           .experts = ExpertFields{.count = {"num_experts", 64},
                                   .active = {"num_experts_per_tok", 8},
                                   .width = {"intermediate_size"}}},
    // The publisher's code: no class in transformers.
    Family{.model_type = "deepseek",
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .experts = ExpertFields{.layers = deepseek_sparse_layers(0),
                                   .count = {"n_routed_experts"},
                                   .may_be_none = true,
                                   .shared_count = {"n_shared_experts", 0}}},
    Family{.model_type = "deepseek_v2",
           .latent = LatentFields{},
           .input_bias = attention_bias,
           .experts = ExpertFields{.layers = deepseek_sparse_layers(0),
                                   .count = {"n_routed_experts", 64},
                                   .may_be_none = true,
                                   .width = {"moe_intermediate_size", 1407},
                                   .shared_count = {"n_shared_experts", 2}}},
    deepseek_v3,
    same_as(deepseek_v3, "kimi_k2"),
    Family{.model_type = "gpt_oss",
           .max_positions = {"max_position_embeddings", 131072},
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .mixers = {MixerKind::attention, MixerKind::sliding, last_of_every({.by_default = 2})},
           .window = {"sliding_window", 128},
           .kv_heads = {"num_key_value_heads", 8},
           .head_size = {"head_dim", 64},
           .input_bias = always,
           .output_bias = always,
           .sinks = true,
           .rope_theta = {"rope_theta", 150000},
           .experts = ExpertFields{.count = {"num_local_experts", 128},
                                   .active = {"num_experts_per_tok experts_per_token", 4},
                                   .width = {"intermediate_size"},
                                   .bias = true,
                                   .router_bias = true}},
    Family{
        .model_type = "llama4_text",
        .max_positions = {"max_position_embeddings", 131072},
        .norm_epsilon = {"rms_norm_eps", 1e-5},
        .mixers = {MixerKind::attention,
                   MixerKind::chunked,
                   {.every = {"no_rope_layer_interval", 4}, .marked_zeros = "no_rope_layers"}},
        .kv_heads = {"num_key_value_heads", 8},
        .head_size = {"head_dim", 128},
        .head_norms = {QueryKeyNorm::unweighted, {true, "use_qk_norm"}},
        .rope_theta = {"rope_theta", 500000},
        .full_attention_rotates = false,
        .mlp_width = {"intermediate_size_mlp", 16384},
        .experts = ExpertFields{.layers = {.every = {"interleave_moe_layer_step", 1}, .listed = "moe_layers"},
                                .count = {"num_local_experts", 16},
                                .active = {"num_experts_per_tok", 1},
                                .width = {"intermediate_size", 8192},
                                .shared_width = {"intermediate_size", 8192}}},
    Family{.model_type = "glm4_moe",
           .max_positions = {"max_position_embeddings", 131072},
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .kv_heads = {"num_key_value_heads", 8},
           .input_bias = attention_bias,
           .head_norms = {QueryKeyNorm::per_head, {false, "use_qk_norm"}},
           .rotary_fraction = {"partial_rotary_factor", 0.5},
           .experts = ExpertFields{.layers = all_from({"first_k_dense_replace", 1}),
                                   .count = {"n_routed_experts", 128},
                                   .active = {"num_experts_per_tok", 8},
                                   .width = {"moe_intermediate_size", 1408},
                                   .router_bias = true,
                                   .shared_count = {"n_shared_experts", 1}}},
    Family{.model_type = "dbrx",
           .max_positions = {"max_seq_len", 2048},
           .hidden_size = {"d_model"},
           .layers = {"n_layers"},
           .norm = Norm::layer,
           .norm_epsilon = {.by_default = 1e-5},
           .heads = {"n_heads"},
           .kv_heads = {"attn_config.kv_n_heads", 1},
           .head_size = {},
           .rope_theta = {"attn_config.rope_theta", 10000},
           .activation_field = {},
           .experts = ExpertFields{.count = {"ffn_config.moe_num_experts", 4},
                                   .active = {"ffn_config.moe_top_k", 1},
                                   .width = {"ffn_config.ffn_hidden_size", 3584}}},
    // The publisher's code in JAX, and its port to PyTorch under the same name.
    Family{.model_type = "grok-1",
           .max_positions = {"max_position_embeddings", 8192},
           .tied_embeddings = tied,
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .norms_after = true,
           .activation = Activation::gelu,
           .experts = ExpertFields{.count = {"num_experts", 8},
                                   .active = {"num_experts_per_tok", 2},
                                   .width = {"intermediate_size"}}},
    Family{.model_type = "ernie4_5_moe",
           .max_positions = {"max_position_embeddings", 131072},
           .tied_embeddings = tied,
           .head_bias = {false, "use_bias"},
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .kv_heads = {"num_key_value_heads", 4},
           .input_bias = {false, "use_bias"},
           .output_bias = {false, "use_bias"},
           .rope_theta = {"rope_theta", 500000},
           .mlp_bias = {false, "use_bias"},
           .experts = ExpertFields{.layers = {.first = {"moe_layer_start_index", 1},
                                              .last = {"moe_layer_end_index", -1},
                                              .every = {"moe_layer_interval", 1}},
                                   .count = {"moe_num_experts", 64},
                                   .active = {"moe_k", 6},
                                   .width = {"moe_intermediate_size", 1536},
                                   .router_bias = true,
                                   .shared_count = {"moe_num_shared_experts", 2}}},
    // transformers calls the experts' width intermediate_size, the publisher's code moe_intermediate_size.
    Family{.model_type = "hunyuan_v1_moe",
           .norm_epsilon = {"rms_norm_eps", 1e-5},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .head_norms = {QueryKeyNorm::per_head, {true, "use_qk_norm"}},
           .experts = ExpertFields{.count = {"num_experts", 1},
                                   .active = {"moe_topk", 1},
                                   .width = {"moe_intermediate_size intermediate_size"},
                                   .shared_count = {"num_shared_expert", 1}}},
    // The publisher's code; multi-token prediction is not in the files.
    Family{.model_type = "minimax_m2",
           .max_positions = {"max_position_embeddings", 196608},
           .head_norms = {QueryKeyNorm::whole, {true, "use_qk_norm"}},
           .rotary_size = {"rotary_dim", 64},
           .experts =
               ExpertFields{
                   .count = {"num_local_experts"}, .width = {"intermediate_size"}, .router_bias = true}},
};

}  // namespace

std::span<const Family> expert_families() { return expert_table; }

}  // namespace calibram
