// SPDX-License-Identifier: MIT
// The architectures that are understood: what each one fixes, names and takes for granted, as data.
#pragma once

#include "src/model/model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace calibram {

// What a config.json calls a quantity, and what its reference implementation takes where there is none.
// Several names are separated by blanks, and the first that is there counts; a dot leads into an object
// ("attn_config.kv_n_heads"). No name: the default always holds.

/// No default: the field is required, unless the member that has this type says otherwise.
struct Size {
  std::string_view field = {};
  std::optional<std::int64_t> by_default = {};
};

struct Number {
  std::string_view field = {};
  double by_default = 0;
};

struct Switch {
  bool by_default = false;
  std::string_view field = {};
};

// What many families say alike.
inline constexpr Switch always{true};
inline constexpr Switch tied{true, "tie_word_embeddings"};
inline constexpr Switch attention_bias{false, "attention_bias"};

/// Which layers of a model are marked: those from `first` to `last` whose index leaves `offset` when divided
/// by `every`; all of them as it stands.
struct LayerRule {
  Size first = {.by_default = 0};
  Size last = {.by_default = -1};  ///< -1: the model's last layer
  Size every = {.by_default = 1};
  Size offset = {.by_default = -1};    ///< -1: the last one of every group
  std::string_view listed = {};        ///< an array of indices that says it instead
  std::string_view excepted = {};      ///< an array of indices that are not marked
  std::string_view marked_zeros = {};  ///< an array with a number for each layer that says it instead
};

constexpr LayerRule last_of_every(Size count) { return {.every = count}; }
constexpr LayerRule all_from(Size first) { return {.first = first}; }

/// What mixes the tokens; `sliding` and `chunked` are attention that sees a part, and `matrix` is one matrix.
enum class MixerKind : unsigned char { none, attention, sliding, chunked, linear, mamba, matrix };
enum class FeedForwardKind : unsigned char { none, dense, experts, matrix };

/// `layer_types` in the file says it instead, in words for these two kinds.
struct MixerRule {
  MixerKind marked = MixerKind::attention;
  MixerKind other = MixerKind::attention;
  LayerRule layers = {};
};

struct HeadNorms {
  QueryKeyNorm kind = QueryKeyNorm::none;
  Switch present = {.by_default = true};
};

// What several families have alike.
inline constexpr HeadNorms norm_per_head{QueryKeyNorm::per_head};
inline constexpr MixerRule all_sliding{.marked = MixerKind::sliding};
inline constexpr MixerRule sliding_upper_layers{MixerKind::sliding, MixerKind::attention,
                                                all_from({"max_window_layers", 28})};

/// Latent attention in place of attention.
struct LatentFields {
  Size query_rank = {"q_lora_rank", 1536};  ///< null: none
  Size kv_rank = {"kv_lora_rank", 512};
  Size plain_size = {"qk_nope_head_dim", 128};
  Size rotary_size = {"qk_rope_head_dim", 64};
  Size value_size = {"v_head_dim", 128};  ///< no default: hidden size / heads
};

struct MambaFields {
  Size inner_size = {};  ///< absent: `expand` hidden sizes
  Number expand = {"mamba_expand", 2};
  Size state_size = {"mamba_d_state", 16};
  Size kernel_size = {"mamba_d_conv", 4};
  Size step_rank = {"mamba_dt_rank"};  ///< absent or "auto": a sixteenth of the hidden size, rounded up
  Switch convolution_bias = {true, "mamba_conv_bias"};
  Switch projection_bias = {false, "mamba_proj_bias"};
  bool norms = false;
};

struct Mamba2Fields {
  Size heads = {};
  Size head_size = {};  ///< absent or "auto": `expand` hidden sizes / heads
  Number expand = {};   ///< without a name, heads and their size need not agree with it
  Size groups = {};
  Size state_size = {};
  Size kernel_size = {};
  Switch convolution_bias = {true, "use_conv_bias"};
  Switch projection_bias = {false, "use_bias"};
};

struct DeltaNetFields {
  Size key_heads = {"linear_num_key_heads", 16};
  Size value_heads = {"linear_num_value_heads", 32};
  Size key_size = {"linear_key_head_dim", 128};
  Size value_size = {"linear_value_head_dim", 128};
  Size kernel_size = {"linear_conv_kernel_dim", 4};
};

struct ExpertFields {
  LayerRule layers = {};
  Size count = {};           ///< null is 0
  bool may_be_none = false;  ///< then all layers are dense
  std::int64_t fewest = 1;   ///< that are a mixture
  Size active = {"num_experts_per_tok"};
  Size width = {"moe_intermediate_size"};
  bool bias = false;
  bool router_bias = false;
  Size shared_count = {};  ///< shared experts of the experts' width; null: none
  Size shared_width = {};  ///< or one shared expert of its own width; 0: none
  bool shared_gate = false;
};

/// Gemma 3n.
struct UpdateFields {
  Size copies = {"altup_num_inputs", 4};
  Size laurel_rank = {"laurel_rank", 64};
  Size layer_embedding_size = {"hidden_size_per_layer_input", 256};
  Size layer_embedding_vocabulary = {"vocab_size_per_layer_input", 262144};
};

/// One `model_type`.
struct Family {
  std::string_view model_type;
  Size max_positions = {"max_position_embeddings", 2048};
  Size hidden_size = {"hidden_size"};
  Size layers = {"num_hidden_layers"};
  Size vocabulary = {"vocab_size"};
  Positions positions = Positions::rotary;
  Switch tied_embeddings = {false, "tie_word_embeddings"};
  Switch head_bias = {};

  // Norms.
  Norm norm = Norm::rms;
  bool norm_weight = true;
  bool norm_bias = false;
  Number norm_epsilon = {"rms_norm_eps", 1e-6};
  bool norms_before = true;
  bool norms_after = false;
  Switch parallel_residual = {};
  Switch parallel_norms = {true};             ///< then both have an input norm of their own
  std::string_view parallel_norm_count = {};  ///< a field that says so by a number, 1 or 2

  // What mixes the tokens. Where there is a pattern or blocks, they are required and say everything.
  MixerRule mixers = {};
  std::string_view pattern = {};     ///< a text with a letter for each layer: see layer_rules.cpp
  std::string_view blocks = {};      ///< an array with an object for each layer: see layer_rules.cpp
  Size window = {"sliding_window"};  ///< no default: no window
  Switch uses_window = {true};
  Size chunk = {"attention_chunk_size", 8192};
  std::variant<std::monostate, MambaFields, Mamba2Fields, DeltaNetFields> recurrent = {};
  std::optional<LatentFields> latent = {};

  // Attention.
  Size heads = {"num_attention_heads"};
  Size kv_heads = {"num_key_value_heads"};    ///< absent: as many as heads
  Switch single_kv_head = {};                 ///< one for all heads, whatever `kv_heads` is
  Switch groups_kv_heads = {true};            ///< off: `kv_heads` is not read
  Size head_size = {"head_dim"};              ///< absent: hidden size / heads
  Size kv_shared_layers = {.by_default = 0};  ///< the last layers, which have no cache of their own
  Switch input_bias = {};
  Switch output_bias = {};
  HeadNorms head_norms = {};
  bool sinks = false;
  bool output_gate = false;
  Number rope_theta = {"rope_theta", 10000};
  Number rotary_fraction = {"partial_rotary_factor", 1};
  Size rotary_size = {};  ///< instead of the fraction
  Switch unrotated = {};
  std::string_view positions_field = {};  ///< a text; "nope" means unrotated
  bool full_attention_rotates = true;     ///< false where only sliding or chunked attention does

  // What follows for each token alone.
  Size mlp_width = {"intermediate_size"};  ///< without a name, layers have no MLP (unless blocks say so)
  std::int64_t mlp_width_in_hidden = 0;    ///< the default of the width, in hidden sizes; 0: it is required
  bool gated_mlp = true;
  Activation activation = Activation::silu;
  std::string_view activation_field = "hidden_act";
  Switch mlp_bias = {};
  std::optional<ExpertFields> experts = {};

  std::optional<UpdateFields> alternating_updates = {};
};

/// For an architecture with the tensors of another.
constexpr Family same_as(Family family, std::string_view model_type) {
  family.model_type = model_type;
  return family;
}

// Tables of families, in files of their own.
std::span<const Family> dense_families();
std::span<const Family> classic_families();
std::span<const Family> expert_families();
std::span<const Family> recurrent_families();

/// The family with this `model_type`, or null.
const Family* find_family(std::string_view model_type);

std::vector<std::string_view> family_names();

/// What the family calls a field that a Violation names.
std::string_view own_field(const Family& family, std::string_view field);

/// The `model_type` of the text part of a multimodal model where its `text_config` names none; or empty.
std::string_view text_family_of(std::string_view model_type);

}  // namespace calibram
