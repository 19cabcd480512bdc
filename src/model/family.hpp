// SPDX-License-Identifier: MIT
// The model families that are understood: what each one fixes, and what it takes for granted.
#pragma once

#include "src/model/model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// A property that a family has by default, unless a field of its config.json says otherwise.
struct Switch {
  bool by_default = false;
  std::string_view field = {};  ///< empty: the default always holds
};

/// Which layers see only a window, where there is one.
enum class WindowRule : unsigned char {
  none,
  every_layer,
  even_layers,   ///< the first, the third, … (Gemma 2)
  upper_layers,  ///< from `max_window_layers` on (Qwen)
};

/// What config.json calls the quantities whose names differ between families; empty: it has no such field.
struct FieldNames {
  std::string_view hidden_size = "hidden_size";
  std::string_view layers = "num_hidden_layers";
  std::string_view heads = "num_attention_heads";
  std::string_view kv_heads = "num_key_value_heads";
  std::string_view mlp_width = "intermediate_size";
  std::string_view max_positions = "max_position_embeddings";
  std::string_view norm_epsilon = "rms_norm_eps";
  std::string_view activation = "hidden_act";
  std::string_view rope_theta = "rope_theta";
  std::string_view rotary_fraction = "partial_rotary_factor";
};

/// One `model_type`. The defaults are those of its reference implementation in transformers, which apply
/// where config.json has no such field.
struct Family {
  std::string_view model_type;
  std::int64_t max_positions;
  FieldNames fields = {};
  Norm norm = Norm::rms;
  double norm_epsilon = 1e-6;
  Positions positions = Positions::rotary;
  double rotary_fraction = 1.0;
  Activation activation = Activation::silu;
  bool gated_mlp = true;
  Switch qkv_bias = {};
  Switch output_bias = {};
  Switch mlp_bias = {};
  bool head_bias = false;
  bool query_key_norm = false;
  bool norm_after_each = false;
  Switch parallel_residual = {};
  bool parallel_shares_norm = false;  ///< then attention and MLP read the same norm
  bool tied_embeddings = false;
  std::int64_t kv_heads = 0;             ///< 0: as many as heads
  std::int64_t head_size = 0;            ///< 0: hidden size / heads
  bool reads_head_size = true;           ///< false where it is hidden size / heads whatever `head_dim` says
  std::int64_t mlp_width_in_hidden = 0;  ///< MLP width in hidden sizes when the field is absent; 0: required
  WindowRule window_rule = WindowRule::none;
  std::optional<std::int64_t> window = {};
  std::int64_t first_windowed_layer = 28;  ///< for WindowRule::upper_layers
  Switch uses_window = {.by_default = true};
};

std::span<const Family> families();

/// The family with this `model_type`, or null.
const Family* find_family(std::string_view model_type);

/// The quantities of one model of a family, named as in Model.
struct Architecture {
  std::int64_t hidden_size = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_size = 0;
  std::int64_t mlp_width = 0;
  std::int64_t vocabulary = 0;
  std::int64_t max_positions = 0;
  double norm_epsilon = 0;
  double rope_theta = 10000.0;
  double rotary_fraction = 1.0;
  Activation activation = Activation::silu;
  bool qkv_bias = false;
  bool output_bias = false;
  bool mlp_bias = false;
  bool parallel_residual = false;
  bool tied_embeddings = false;
  std::optional<std::int64_t> window;
  std::int64_t first_windowed_layer = 0;  ///< for WindowRule::upper_layers
  std::vector<bool> windowed_layers;      ///< one per layer; empty: as the family's rule says
  std::string stored_format = "bf16";
};

/// The family's defaults; every size that has none is 0.
Architecture default_architecture(const Family& family);

/// Writes the architecture out as a model. Not validated.
Model build_model(const Family& family, const Architecture& architecture, std::string name);

}  // namespace calibram
