// SPDX-License-Identifier: MIT
// Mistral AI's models.
#include "src/model/catalogue/tables.hpp"

#include <array>

namespace calibram {
namespace {

// Name, aliases, and what the publisher's config.json says of the architecture.
// clang-format off
constexpr std::array mistral_table = {
    CatalogueEntry{"mistral-7b-v0.1", "mistral-7b-instruct-v0.1", R"({"model_type":"mistral","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"vocab_size":32000,"max_position_embeddings":32768,"rms_norm_eps":1e-5,"rope_theta":10000,"sliding_window":4096,"tie_word_embeddings":false,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"mistral-7b-v0.3", "mistral-7b-instruct-v0.3", R"({"model_type":"mistral","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"vocab_size":32768,"max_position_embeddings":32768,"rms_norm_eps":1e-5,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"mistral-nemo-12b", "mistral-nemo mistral-nemo-instruct-2407", R"({"model_type":"mistral","hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"intermediate_size":14336,"vocab_size":131072,"max_position_embeddings":131072,"rms_norm_eps":1e-5,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"mistral-small-24b", "mistral-small-24b-base-2501 mistral-small-24b-instruct-2501", R"({"model_type":"mistral","hidden_size":5120,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"intermediate_size":32768,"vocab_size":131072,"max_position_embeddings":32768,"rms_norm_eps":1e-5,"rope_theta":100000000,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"mixtral-8x7b", "mixtral-8x7b-v0.1 mixtral-8x7b-instruct-v0.1", R"({"hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mixtral","num_attention_heads":32,"num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,"rms_norm_eps":1e-5,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16","vocab_size":32000})"},
    CatalogueEntry{"mixtral-8x22b", "mixtral-8x22b-v0.1", R"({"hidden_size":6144,"intermediate_size":16384,"max_position_embeddings":65536,"model_type":"mixtral","num_attention_heads":48,"num_experts_per_tok":2,"num_hidden_layers":56,"num_key_value_heads":8,"num_local_experts":8,"rms_norm_eps":1e-5,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16","vocab_size":32000})"},
    CatalogueEntry{"mistral-7b-v0.2", "mistral-7b-instruct-v0.2", R"({"model_type":"mistral","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"vocab_size":32000,"max_position_embeddings":32768,"rope_theta":1000000,"rms_norm_eps":1e-5,"tie_word_embeddings":false,"torch_dtype":"bfloat16","sliding_window":null})"},
    CatalogueEntry{"ministral-8b", "ministral-8b-instruct-2410", R"({"model_type":"mistral","hidden_size":4096,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":12288,"vocab_size":131072,"max_position_embeddings":32768,"rope_theta":100000000,"rms_norm_eps":1e-5,"tie_word_embeddings":false,"torch_dtype":"bfloat16","sliding_window":32768,"head_dim":128})"},
    CatalogueEntry{"codestral-22b", "codestral-22b-v0.1", R"({"model_type":"mistral","hidden_size":6144,"num_hidden_layers":56,"num_attention_heads":48,"num_key_value_heads":8,"intermediate_size":16384,"vocab_size":32768,"max_position_embeddings":32768,"rope_theta":1000000,"rms_norm_eps":1e-5,"tie_word_embeddings":false,"torch_dtype":"bfloat16","sliding_window":null})"},
    CatalogueEntry{"mistral-large-2407", "mistral-large-instruct-2407 mistral-large-123b", R"({"model_type":"mistral","hidden_size":12288,"num_hidden_layers":88,"num_attention_heads":96,"num_key_value_heads":8,"intermediate_size":28672,"vocab_size":32768,"max_position_embeddings":131072,"rope_theta":1000000,"rms_norm_eps":1e-5,"tie_word_embeddings":false,"torch_dtype":"bfloat16","sliding_window":null})"},
    CatalogueEntry{"mistral-small-3.1-24b", "mistral-small-3.1-24b-instruct-2503 mistral-small-3.1-24b-base-2503 mistral-small-3.2-24b-instruct-2506", R"({"model_type":"mistral3","torch_dtype":"bfloat16","text_config":{"model_type":"mistral","head_dim":128,"hidden_size":5120,"intermediate_size":32768,"max_position_embeddings":131072,"num_attention_heads":32,"num_hidden_layers":40,"num_key_value_heads":8,"rms_norm_eps":1e-5,"rope_theta":1000000000,"sliding_window":null,"vocab_size":131072}})"},
    CatalogueEntry{"codestral-mamba-7b", "mamba-codestral-7b-v0.1 codestral-mamba", R"({"model_type":"mamba2","hidden_size":4096,"num_hidden_layers":64,"num_heads":128,"head_dim":64,"state_size":128,"n_groups":8,"expand":2,"conv_kernel":4,"use_bias":false,"use_conv_bias":true,"layer_norm_epsilon":1e-5,"tie_word_embeddings":false,"vocab_size":32768,"torch_dtype":"bfloat16"})"},
};
// clang-format on

}  // namespace

std::span<const CatalogueEntry> mistral_models() { return mistral_table; }

}  // namespace calibram
