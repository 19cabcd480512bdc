// SPDX-License-Identifier: MIT
// The architecture of a decoder-only transformer, as a config.json describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

enum class Norm { rms, layer };
enum class Activation { silu, gelu, relu };
enum class Positions { rotary, learned };

/// Self-attention of one layer. MHA: kv_heads == heads; GQA: fewer; MQA: 1.
struct Attention {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_size = 0;
  std::int64_t rotary_size = 0;  ///< how many of a head's elements are rotated; 0: none
  bool input_bias = false;       ///< biases of the query, key and value projections
  bool output_bias = false;
  /// Width of the norm on queries and keys: 0 none, `head_size` per head (Qwen3, Gemma 3).
  std::int64_t query_key_norm = 0;
  /// A token sees only this many positions, itself included; none: all of them.
  std::optional<std::int64_t> window;

  bool operator==(const Attention&) const = default;
};

struct Mlp {
  std::int64_t width = 0;
  bool gated = true;  ///< down(act(gate(x)) * up(x)); plain: down(act(up(x)))
  Activation activation = Activation::silu;
  bool bias = false;

  bool operator==(const Mlp&) const = default;
};

struct Layer {
  Attention attention;
  Mlp mlp;
  bool norm_before_mlp = true;     ///< false where attention and MLP read one norm (Phi-2)
  bool norm_after_each = false;    ///< attention and MLP outputs are normed too (Gemma 2)
  bool parallel_residual = false;  ///< attention and MLP both read the layer's input

  bool operator==(const Layer&) const = default;
};

/// `count` identical layers in a row.
struct LayerRun {
  Layer layer;
  std::int64_t count = 0;

  bool operator==(const LayerRun&) const = default;
};

struct Model {
  std::string name;
  std::string family;  ///< `model_type` of its config.json
  std::int64_t hidden_size = 0;
  std::int64_t vocabulary = 0;
  std::vector<LayerRun> layers;  ///< in order; at least one run
  Norm norm = Norm::rms;
  bool norm_bias = false;  ///< LayerNorm with a bias beside its weight
  double norm_epsilon = 1e-5;
  Positions positions = Positions::rotary;
  std::int64_t max_positions = 0;
  double rope_theta = 10000.0;
  bool tied_embeddings = false;  ///< the head is the embedding table
  bool head_bias = false;
  std::string stored_format = "bf16";  ///< the format of the published weights (`torch_dtype`)

  bool operator==(const Model&) const = default;
};

std::int64_t layer_count(const Model& model);

/// The first layer's description, for what is the same in all layers of a dense model.
inline const Layer& first_layer(const Model& model) { return model.layers.front().layer; }

/// Trainable parameters, tied ones counted once. @throws InputError on overflow
std::int64_t parameter_count(const Model& model);

/// A rule that a model breaks. Fields are named as in config.json.
struct Violation {
  std::string_view field;
  std::string value;
  std::string rule;  ///< completes "the field must …"
};

/// More than thirty times the deepest published model; a bound on what a list of layers takes.
inline constexpr std::int64_t most_layers = 4096;

/// Checks every size and ratio against what a forward pass needs (positive, kv_heads divides heads, …). The
/// parameters of a model without violation fit 64 bits, and so do their bytes.
std::optional<Violation> first_violation(const Model& model);

/// @throws InputError naming the model, the first violated field and the rule that it breaks
void validate(const Model& model);

}  // namespace calibram
