// SPDX-License-Identifier: MIT
// Google's models.
#include "src/model/catalogue/tables.hpp"

#include <array>

namespace calibram {
namespace {

// Name, aliases, and what the publisher's config.json says of the architecture.
// clang-format off
constexpr std::array google_table = {
    CatalogueEntry{"gemma-2b", "gemma-2b-it", R"({"model_type":"gemma","hidden_size":2048,"num_hidden_layers":18,"num_attention_heads":8,"num_key_value_heads":1,"head_dim":256,"intermediate_size":16384,"vocab_size":256000,"max_position_embeddings":8192,"rms_norm_eps":1e-6,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"gemma-7b", "gemma-7b-it", R"({"model_type":"gemma","hidden_size":3072,"num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":16,"head_dim":256,"intermediate_size":24576,"vocab_size":256000,"max_position_embeddings":8192,"rms_norm_eps":1e-6,"rope_theta":10000,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"gemma-2-2b", "gemma2-2b gemma-2-2b-it", R"({"model_type":"gemma2","hidden_size":2304,"num_hidden_layers":26,"num_attention_heads":8,"num_key_value_heads":4,"head_dim":256,"intermediate_size":9216,"vocab_size":256000,"max_position_embeddings":8192,"rms_norm_eps":1e-6,"rope_theta":10000,"sliding_window":4096,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"gemma-2-9b", "gemma2-9b gemma-2-9b-it", R"({"model_type":"gemma2","hidden_size":3584,"num_hidden_layers":42,"num_attention_heads":16,"num_key_value_heads":8,"head_dim":256,"intermediate_size":14336,"vocab_size":256000,"max_position_embeddings":8192,"rms_norm_eps":1e-6,"rope_theta":10000,"sliding_window":4096,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"gemma-2-27b", "gemma2-27b gemma-2-27b-it", R"({"model_type":"gemma2","hidden_size":4608,"num_hidden_layers":46,"num_attention_heads":32,"num_key_value_heads":16,"head_dim":128,"intermediate_size":36864,"vocab_size":256000,"max_position_embeddings":8192,"rms_norm_eps":1e-6,"rope_theta":10000,"sliding_window":4096,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})"},
    CatalogueEntry{"gemma-3-270m", "gemma-3-270m-it gemma3-270m", R"({"model_type":"gemma3_text","head_dim":256,"max_position_embeddings":32768,"rms_norm_eps":1e-6,"rope_theta":1000000,"sliding_window":512,"vocab_size":262144,"torch_dtype":"bfloat16","attention_bias":false,"hidden_size":640,"intermediate_size":2048,"num_attention_heads":4,"num_hidden_layers":18,"num_key_value_heads":1})"},
    CatalogueEntry{"gemma-3-1b", "gemma-3-1b-pt gemma-3-1b-it gemma3-1b", R"({"model_type":"gemma3_text","head_dim":256,"max_position_embeddings":32768,"rms_norm_eps":1e-6,"rope_theta":1000000,"sliding_window":512,"vocab_size":262144,"torch_dtype":"bfloat16","attention_bias":false,"hidden_size":1152,"intermediate_size":6912,"num_attention_heads":4,"num_hidden_layers":26,"num_key_value_heads":1,"sliding_window_pattern":6})"},
    CatalogueEntry{"gemma-3-4b", "gemma-3-4b-pt gemma-3-4b-it gemma3-4b", R"({"model_type":"gemma3","torch_dtype":"bfloat16","text_config":{"model_type":"gemma3_text","sliding_window":1024,"hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":34}})"},
    CatalogueEntry{"gemma-3-12b", "gemma-3-12b-pt gemma-3-12b-it gemma3-12b", R"({"model_type":"gemma3","torch_dtype":"bfloat16","text_config":{"model_type":"gemma3_text","sliding_window":1024,"hidden_size":3840,"intermediate_size":15360,"num_attention_heads":16,"num_hidden_layers":48,"num_key_value_heads":8}})"},
    CatalogueEntry{"gemma-3-27b", "gemma-3-27b-pt gemma-3-27b-it gemma3-27b", R"({"model_type":"gemma3","torch_dtype":"bfloat16","text_config":{"model_type":"gemma3_text","sliding_window":1024,"head_dim":128,"hidden_size":5376,"intermediate_size":21504,"num_attention_heads":32,"num_hidden_layers":62,"num_key_value_heads":16}})"},
    CatalogueEntry{"gemma-3n-e2b", "gemma-3n-e2b-it gemma3n-e2b", R"({"model_type":"gemma3n","torch_dtype":"bfloat16","text_config":{"model_type":"gemma3n_text","altup_num_inputs":4,"attention_bias":false,"head_dim":256,"hidden_size":2048,"hidden_size_per_layer_input":256,"intermediate_size":[8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192,8192],"laurel_rank":64,"max_position_embeddings":32768,"num_attention_heads":8,"num_hidden_layers":30,"num_key_value_heads":2,"num_kv_shared_layers":10,"rms_norm_eps":1e-6,"rope_theta":1000000,"sliding_window":512,"vocab_size":262400,"vocab_size_per_layer_input":262144}})"},
    CatalogueEntry{"gemma-3n-e4b", "gemma-3n-e4b-it gemma3n-e4b", R"({"model_type":"gemma3n","torch_dtype":"bfloat16","text_config":{"model_type":"gemma3n_text","altup_num_inputs":4,"attention_bias":false,"head_dim":256,"hidden_size":2048,"hidden_size_per_layer_input":256,"intermediate_size":[16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384,16384],"laurel_rank":64,"max_position_embeddings":32768,"num_attention_heads":8,"num_hidden_layers":35,"num_key_value_heads":2,"num_kv_shared_layers":15,"rms_norm_eps":1e-6,"rope_theta":1000000,"sliding_window":512,"vocab_size":262400,"vocab_size_per_layer_input":262144}})"},
};
// clang-format on

}  // namespace

std::span<const CatalogueEntry> google_models() { return google_table; }

}  // namespace calibram
