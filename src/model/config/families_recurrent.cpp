// SPDX-License-Identifier: MIT
// The families with state spaces or linear attention, alone or beside attention.
//
// Sources as in families_dense.cpp.
#include "src/model/config/family.hpp"

#include <array>

namespace calibram {
namespace {

constexpr MixerRule all_mamba{MixerKind::mamba, MixerKind::mamba};
/// Nothing ends the positions of a state space.
constexpr Size unlimited_positions{.by_default = 1 << 20};

constexpr MambaFields mamba_fields(Size inner_size) {
  return {.inner_size = inner_size,
          .expand = {"expand", 2},
          .state_size = {"state_size", 16},
          .kernel_size = {"conv_kernel", 4},
          .step_rank = {"time_step_rank"},
          .convolution_bias = {true, "use_conv_bias"},
          .projection_bias = {false, "use_bias"}};
}

constexpr std::array recurrent_table = {
    Family{.model_type = "mamba",
           .max_positions = unlimited_positions,
           .tied_embeddings = tied,
           .norm_epsilon = {"layer_norm_epsilon", 1e-5},
           .mixers = all_mamba,
           .recurrent = mamba_fields({}),
           .mlp_width = {}},
    Family{.model_type = "falcon_mamba",
           .max_positions = unlimited_positions,
           .tied_embeddings = tied,
           .norm_epsilon = {"layer_norm_epsilon", 1e-5},
           .mixers = all_mamba,
           .recurrent = mamba_fields({"intermediate_size"}),
           .mlp_width = {}},
    Family{.model_type = "mamba2",
           .max_positions = unlimited_positions,
           .norm_epsilon = {"layer_norm_epsilon", 1e-5},
           .mixers = all_mamba,
           .recurrent = Mamba2Fields{.heads = {"num_heads", 128},
                                     .head_size = {"head_dim", 64},
                                     .expand = {"expand", 2},
                                     .groups = {"n_groups", 8},
                                     .state_size = {"state_size", 128},
                                     .kernel_size = {"conv_kernel", 4}},
           .mlp_width = {}},
    Family{.model_type = "jamba",
           .max_positions = {"max_position_embeddings", 262144},
           .mixers = {MixerKind::attention,
                      MixerKind::mamba,
                      {.every = {"attn_layer_period", 8}, .offset = {"attn_layer_offset", 4}}},
           .recurrent = MambaFields{.norms = true},
           .kv_heads = {"num_key_value_heads", 8},
           .head_size = {},
           .rotary_fraction = {},
           .experts = ExpertFields{.layers = {.every = {"expert_layer_period", 2},
                                              .offset = {"expert_layer_offset", 1}},
                                   .count = {"num_experts", 16},
                                   .may_be_none = true,
                                   .fewest = 2,
                                   .active = {"num_experts_per_tok", 2},
                                   .width = {"intermediate_size"}}},
    // The publisher's code: no class in transformers at that commit.
    Family{.model_type = "nemotron_h",
           .max_positions = {"max_position_embeddings", 4096},
           .norm_epsilon = {"layer_norm_epsilon rms_norm_eps", 1e-5},
           .pattern = "hybrid_override_pattern",
           .recurrent = Mamba2Fields{.heads = {"mamba_num_heads", 128},
                                     .head_size = {"mamba_head_dim", 64},
                                     .groups = {"n_groups", 8},
                                     .state_size = {"ssm_state_size", 128},
                                     .kernel_size = {"conv_kernel", 4}},
           .kv_heads = {"num_key_value_heads", 8},
           .head_size = {"head_dim attention_head_dim"},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .rotary_fraction = {},
           .gated_mlp = false,
           .activation = Activation::relu_squared,
           .activation_field = "mlp_hidden_act",
           .mlp_bias = {false, "mlp_bias"},
           .experts = ExpertFields{.count = {"n_routed_experts"},
                                   .router_bias = true,
                                   .shared_width = {"moe_shared_expert_intermediate_size", 0}}},
    // Without routed experts its MLP is the shared one.
    Family{.model_type = "granitemoehybrid",
           .mixers = {MixerKind::mamba, MixerKind::attention},
           .recurrent = Mamba2Fields{.heads = {"mamba_n_heads", 128},
                                     .head_size = {"mamba_d_head"},
                                     .expand = {"mamba_expand", 2},
                                     .groups = {"mamba_n_groups", 1},
                                     .state_size = {"mamba_d_state", 256},
                                     .kernel_size = {"mamba_d_conv", 4},
                                     .convolution_bias = {true, "mamba_conv_bias"},
                                     .projection_bias = {false, "mamba_proj_bias"}},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .positions_field = "position_embedding_type",
           .mlp_width = {"shared_intermediate_size", 1024},
           .experts = ExpertFields{.count = {"num_local_experts", 8},
                                   .may_be_none = true,
                                   .active = {"num_experts_per_tok", 2},
                                   .width = {"intermediate_size"},
                                   .shared_width = {"shared_intermediate_size", 1024}}},
    Family{.model_type = "qwen3_next",
           .max_positions = {"max_position_embeddings", 32768},
           .mixers = {MixerKind::attention, MixerKind::linear, last_of_every({"full_attention_interval", 4})},
           .recurrent = DeltaNetFields{},
           .kv_heads = {"num_key_value_heads", 2},
           .head_size = {"head_dim", 256},
           .input_bias = attention_bias,
           .output_bias = attention_bias,
           .head_norms = {QueryKeyNorm::per_head},
           .output_gate = true,
           .rotary_fraction = {"partial_rotary_factor", 0.25},
           .experts =
               ExpertFields{.layers = {.every = {"decoder_sparse_step", 1}, .excepted = "mlp_only_layers"},
                            .count = {"num_experts", 512},
                            .may_be_none = true,
                            .active = {"num_experts_per_tok", 10},
                            .width = {"moe_intermediate_size", 512},
                            .shared_width = {"shared_expert_intermediate_size", 512},
                            .shared_gate = true}},
};

}  // namespace

std::span<const Family> recurrent_families() { return recurrent_table; }

}  // namespace calibram
