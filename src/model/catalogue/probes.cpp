// SPDX-License-Identifier: MIT
// Shapes of calibram's own, in the table so that their rows can be read again: what its sweeps run.
#include "src/model/catalogue/tables.hpp"

#include <array>

namespace calibram {
namespace {

// clang-format off
constexpr std::array probes_table = {
    // Dense and small, each large in something else: cache, weights, activations, vocabulary, depth.
    CatalogueEntry{"probe-mha", "", R"({"model_type":"llama","hidden_size":512,"num_hidden_layers":16,"num_attention_heads":8,"num_key_value_heads":8,"intermediate_size":1408,"vocab_size":32000,"max_position_embeddings":131072,"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":false,"torch_dtype":"float16"})"},
    CatalogueEntry{"probe-gqa", "", R"({"model_type":"llama","hidden_size":640,"num_hidden_layers":12,"num_attention_heads":8,"num_key_value_heads":2,"head_dim":64,"intermediate_size":2304,"vocab_size":32000,"max_position_embeddings":131072,"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"float16"})"},
    CatalogueEntry{"probe-mqa", "", R"({"model_type":"llama","hidden_size":512,"num_hidden_layers":8,"num_attention_heads":8,"num_key_value_heads":1,"intermediate_size":3072,"vocab_size":64000,"max_position_embeddings":131072,"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"float16"})"},
    CatalogueEntry{"probe-deep", "", R"({"model_type":"llama","hidden_size":256,"num_hidden_layers":48,"num_attention_heads":4,"num_key_value_heads":4,"intermediate_size":704,"vocab_size":16000,"max_position_embeddings":131072,"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":false,"torch_dtype":"float16"})"},
    CatalogueEntry{"probe-plain", "", R"({"model_type":"phi","hidden_size":512,"num_hidden_layers":12,"num_attention_heads":8,"num_key_value_heads":8,"intermediate_size":2048,"vocab_size":50304,"max_position_embeddings":131072,"layer_norm_eps":1e-5,"rope_theta":10000,"partial_rotary_factor":0.5,"tie_word_embeddings":false,"torch_dtype":"float16"})"},
    CatalogueEntry{"probe-vocabulary", "", R"({"model_type":"qwen2","hidden_size":384,"num_hidden_layers":10,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":128,"intermediate_size":4096,"vocab_size":128000,"max_position_embeddings":131072,"rms_norm_eps":1e-6,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"float16"})"},
    // One of each other kind of layer: experts, latent attention, state spaces, linear attention, sinks and
    // windows, shared caches and alternating updates.
    CatalogueEntry{"probe-experts", "", R"({"model_type":"qwen2_moe","hidden_size":512,"num_hidden_layers":6,"num_attention_heads":8,"num_key_value_heads":2,"intermediate_size":1024,"rope_theta":10000,"rms_norm_eps":1e-6,"moe_intermediate_size":256,"shared_expert_intermediate_size":512,"num_experts":24,"num_experts_per_tok":4,"decoder_sparse_step":1,"use_sliding_window":false,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-latent", "", R"({"model_type":"deepseek_v3","hidden_size":512,"num_hidden_layers":6,"num_attention_heads":8,"num_key_value_heads":8,"q_lora_rank":128,"kv_lora_rank":256,"qk_nope_head_dim":64,"qk_rope_head_dim":32,"v_head_dim":64,"attention_bias":false,"rms_norm_eps":1e-6,"rope_theta":10000,"moe_intermediate_size":256,"n_routed_experts":24,"num_experts_per_tok":4,"n_shared_experts":1,"first_k_dense_replace":2,"moe_layer_freq":1,"intermediate_size":1024,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-mamba", "", R"({"model_type":"jamba","hidden_size":512,"num_hidden_layers":8,"num_attention_heads":8,"num_key_value_heads":2,"intermediate_size":1024,"rms_norm_eps":1e-6,"num_experts":8,"num_experts_per_tok":2,"attn_layer_period":8,"attn_layer_offset":4,"expert_layer_period":2,"expert_layer_offset":1,"mamba_d_conv":4,"mamba_d_state":16,"mamba_dt_rank":32,"mamba_expand":2,"mamba_conv_bias":true,"mamba_proj_bias":false,"sliding_window":null,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-mamba2", "", R"({"model_type":"nemotron_h","attention_bias":false,"conv_kernel":4,"mamba_head_dim":64,"mamba_num_heads":16,"mamba_proj_bias":false,"mlp_bias":false,"n_groups":4,"num_key_value_heads":2,"rms_norm_eps":1e-5,"ssm_state_size":64,"use_bias":false,"use_conv_bias":true,"attention_head_dim":64,"sliding_window":null,"hidden_size":512,"hybrid_override_pattern":"M-M-M*-M-M-","intermediate_size":2048,"num_attention_heads":8,"num_hidden_layers":11,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-linear", "", R"({"model_type":"qwen3_next","hidden_size":512,"num_hidden_layers":8,"num_attention_heads":8,"num_key_value_heads":2,"intermediate_size":1024,"rope_theta":10000,"rms_norm_eps":1e-6,"head_dim":64,"full_attention_interval":4,"linear_conv_kernel_dim":4,"linear_key_head_dim":64,"linear_num_key_heads":4,"linear_num_value_heads":8,"linear_value_head_dim":64,"decoder_sparse_step":1,"mlp_only_layers":[],"moe_intermediate_size":256,"num_experts":24,"num_experts_per_tok":4,"shared_expert_intermediate_size":256,"partial_rotary_factor":0.25,"attention_bias":false,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-sinks", "", R"({"model_type":"gpt_oss","attention_bias":true,"num_experts_per_tok":4,"head_dim":64,"hidden_size":576,"intermediate_size":576,"num_attention_heads":8,"num_hidden_layers":6,"num_key_value_heads":2,"num_local_experts":8,"rms_norm_eps":1e-5,"rope_theta":10000,"sliding_window":128,"vocab_size":16000,"max_position_embeddings":131072,"torch_dtype":"float16","tie_word_embeddings":false})"},
    CatalogueEntry{"probe-sharing", "", R"({"model_type":"gemma3n_text","altup_num_inputs":4,"attention_bias":false,"head_dim":64,"hidden_size":512,"hidden_size_per_layer_input":64,"intermediate_size":[2048,2048,2048,2048,2048,2048,2048,2048,2048,2048],"laurel_rank":16,"max_position_embeddings":131072,"num_attention_heads":8,"num_hidden_layers":10,"num_key_value_heads":2,"num_kv_shared_layers":5,"rms_norm_eps":1e-6,"rope_theta":10000,"sliding_window":128,"vocab_size":16000,"vocab_size_per_layer_input":15872,"torch_dtype":"float16"})"},
};
// clang-format on

}  // namespace

std::span<const CatalogueEntry> probe_models() { return probes_table; }

}  // namespace calibram
