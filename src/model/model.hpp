// SPDX-License-Identifier: MIT
// The architecture of a decoder-only language model, as its config.json or GGUF header describes it.
#pragma once

#include "src/model/format.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace calibram {

struct StoredWeights;

enum class Norm { rms, layer };
enum class Activation { silu, gelu, relu, relu_squared, sigmoid, tanh };
inline constexpr std::array activations = {Activation::silu,         Activation::gelu,    Activation::relu,
                                           Activation::relu_squared, Activation::sigmoid, Activation::tanh};
enum class Positions { rotary, learned };

/// How queries and keys are normed before their scores.
enum class QueryKeyNorm : unsigned char {
  none,
  per_head,    ///< each head, with one weight for all heads (Qwen3, Gemma 3)
  each_head,   ///< each head, with weights of its own (Command-R+, StableLM 2)
  whole,       ///< all heads together (OLMo 2)
  unweighted,  ///< each head, without a weight (Llama 4)
};

/// Self-attention of one layer. MHA: kv_heads == heads; GQA: fewer; MQA: 1.
struct Attention {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_size = 0;
  std::int64_t rotary_size = 0;  ///< how many of a head's elements are rotated; 0: none
  bool input_bias = false;       ///< biases of the query, key and value projections
  bool output_bias = false;
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  bool output_gate = false;  ///< the query projection also gives a gate for every element (Qwen3-Next)
  bool sinks = false;        ///< one learned logit per head beside the scores (gpt-oss)
  /// False where keys and values are those of an earlier layer, though the projections exist (Gemma 3n).
  bool owns_cache = true;
  /// A token sees only this many positions, itself included; none: all of them.
  std::optional<std::int64_t> window = {};
  /// A token sees only the positions of its own chunk of this many tokens (Llama 4); none: all of them.
  std::optional<std::int64_t> chunk = {};
  std::int64_t value_size = 0;  ///< elements of a head's values; 0: as many as of its keys

  std::int64_t value_elements() const { return value_size > 0 ? value_size : head_size; }
  bool operator==(const Attention&) const = default;
};

/// Multi-head latent attention (MLA; DeepSeek-V2, arXiv:2405.04434): keys and values of all heads are
/// projected from one latent vector, and rotation acts on a part of its own that the heads share.
struct LatentAttention {
  std::int64_t heads = 0;
  std::int64_t query_rank = 0;  ///< of the queries' own latent vector; 0: queries are projected directly
  std::int64_t kv_rank = 0;
  std::int64_t plain_size = 0;   ///< elements of a head's query and key that are not rotated
  std::int64_t rotary_size = 0;  ///< and those that are
  std::int64_t value_size = 0;
  bool bias = false;  ///< of the projections into the latent vectors and of the output
  /// False where a GGUF file was made before llama.cpp could work on the latent vectors themselves.
  bool absorbable = true;

  bool operator==(const LatentAttention&) const = default;
};

/// What latent attention is when each head's queries are brought to the latent space: all heads attend to one
/// KV head, whose values are the latent part of its keys (DeepSeek-V2, section 2.1.2).
inline Attention absorbed_attention(const LatentAttention& latent) {
  Attention attention;
  attention.heads = latent.heads;
  attention.kv_heads = 1;
  attention.head_size = latent.rotary_size + latent.kv_rank;
  attention.rotary_size = latent.rotary_size;
  attention.value_size = latent.kv_rank;
  return attention;
}

/// A selective state space (Mamba, arXiv:2312.00752).
struct Mamba {
  std::int64_t inner_size = 0;
  std::int64_t state_size = 0;   ///< per inner channel
  std::int64_t kernel_size = 0;  ///< of the causal convolution
  std::int64_t step_rank = 0;    ///< of the projection that gives the time steps
  bool convolution_bias = true;
  bool projection_bias = false;
  bool norms = false;  ///< RMSNorms of time step, B and C (Jamba)

  bool operator==(const Mamba&) const = default;
};

/// Mamba 2 (arXiv:2405.21060): heads with one decay each, B and C shared by groups of them.
struct Mamba2 {
  std::int64_t heads = 0;
  std::int64_t head_size = 0;
  std::int64_t groups = 0;
  std::int64_t state_size = 0;
  std::int64_t kernel_size = 0;
  bool convolution_bias = true;
  bool projection_bias = false;

  std::int64_t inner_size() const { return heads * head_size; }
  /// Channels of the convolution: x, B and C.
  std::int64_t convolved_size() const { return inner_size() + 2 * groups * state_size; }
  bool operator==(const Mamba2&) const = default;
};

/// Gated linear attention with the delta rule (Gated DeltaNet, arXiv:2412.06464; Qwen3-Next).
struct GatedDeltaNet {
  std::int64_t key_heads = 0;
  std::int64_t value_heads = 0;
  std::int64_t key_size = 0;
  std::int64_t value_size = 0;
  std::int64_t kernel_size = 0;  ///< of the causal convolution

  /// Channels of the convolution: queries, keys and values.
  std::int64_t convolved_size() const { return 2 * key_heads * key_size + value_heads * value_size; }
  bool operator==(const GatedDeltaNet&) const = default;
};

/// One matrix from hidden size to hidden size, in the place of attention or MLP (searched architectures).
struct Linear {
  bool bias = false;

  bool operator==(const Linear&) const = default;
};

struct Mlp {
  std::int64_t width = 0;
  bool gated = true;  ///< down(act(gate(x)) * up(x)); plain: down(act(up(x)))
  Activation activation = Activation::silu;
  bool bias = false;

  bool operator==(const Mlp&) const = default;
};

/// A mixture of experts: a router sends every token to `active` of `count` MLPs.
struct Experts {
  std::int64_t count = 0;
  std::int64_t active = 0;
  Mlp expert;
  bool router_bias = false;
  std::optional<Mlp> shared = {};  ///< what every token goes through, shared experts taken together
  bool shared_gate = false;        ///< the shared expert's output is weighed by a projection (Qwen2-MoE)
  /// Of all devices, where `count` are those of one device; 0: `count`. A token goes to `active` of these.
  std::int64_t routed = 0;

  std::int64_t router_outputs() const { return routed > 0 ? routed : count; }

  bool operator==(const Experts&) const = default;
};

/// What mixes the tokens of a sequence in a layer, and what follows it for each token alone; monostate:
/// nothing.
using Mixer = std::variant<std::monostate, Attention, LatentAttention, Mamba, Mamba2, GatedDeltaNet, Linear>;
using FeedForward = std::variant<std::monostate, Mlp, Experts, Linear>;

/// What Gemma 3n has around attention and MLP: several copies of the hidden state, of which one is computed
/// and the others are predicted (AltUp, arXiv:2301.13310), a low-rank path beside attention (LAuReL,
/// arXiv:2411.07501), and an embedding of its own in every layer.
struct AlternatingUpdates {
  std::int64_t copies = 0;
  std::int64_t laurel_rank = 0;
  std::int64_t layer_embedding_size = 0;

  bool operator==(const AlternatingUpdates&) const = default;
};

struct Layer {
  Mixer mixer;
  FeedForward feed_forward;
  bool norm_before_mixer = true;   ///< false where only outputs are normed (OLMo 2)
  bool norm_before_mlp = true;     ///< false there, and where attention and MLP read one norm (Phi-2)
  bool norm_after_each = false;    ///< attention and MLP outputs are normed too (Gemma 2)
  bool parallel_residual = false;  ///< attention and MLP both read the layer's input
  std::optional<AlternatingUpdates> alternating_updates = {};

  bool operator==(const Layer&) const = default;
};

/// `count` identical layers in a row.
struct LayerRun {
  Layer layer;
  std::int64_t count = 0;

  bool operator==(const LayerRun&) const = default;
};

/// What was assumed about a model, in sentences. Models do not differ by them.
struct Remarks : std::vector<std::string> {
  using std::vector<std::string>::vector;
  friend bool operator==(const Remarks&, const Remarks&) { return true; }
};

struct Model {
  std::string name;
  std::string family;  ///< `model_type` of its config.json
  std::int64_t hidden_size = 0;
  std::int64_t vocabulary = 0;
  std::vector<LayerRun> layers;  ///< in order; at least one run
  Norm norm = Norm::rms;
  bool norm_weight = true;  ///< false where norms have no parameters at all (OLMo 1)
  bool norm_bias = false;   ///< LayerNorm with a bias beside its weight
  double norm_epsilon = 1e-5;
  Positions positions = Positions::rotary;
  std::int64_t max_positions = 0;
  double rope_theta = 10000.0;
  bool tied_embeddings = false;  ///< the head is the embedding table
  bool head_bias = false;
  std::int64_t layer_embedding_vocabulary = 0;  ///< of the embeddings in every layer (Gemma 3n); 0: none
  std::string stored_format = "bf16";           ///< the format of the published weights (`torch_dtype`)
  /// Of a quantised checkpoint: how its matrices are stored; what is left alone is in `stored_format`.
  std::optional<Format> quantisation = {};
  std::shared_ptr<const StoredWeights> stored;  ///< the tensors of its files, where they are known
  /// What the published model has beside the text part that is described here: "vision or audio towers".
  /// Empty: nothing.
  std::string uncounted_parts = {};
  Remarks remarks = {};

  bool operator==(const Model&) const = default;
};

/// Appends a layer: one more of the last run where it is like those, else a run of its own.
void add_layer(std::vector<LayerRun>& runs, Layer layer);

std::int64_t layer_count(const Model& model);

/// A description that layers share, wherever they stand: the first and the last of them.
struct LayerKind {
  const Layer* layer = nullptr;
  std::int64_t first = 0, last = 0;
};

/// All kinds, in the order of their first layers. They refer to the model.
std::vector<LayerKind> layer_kinds(const Model& model);

/// The first and the last layer of every kind, in order.
std::vector<std::int64_t> representative_layers(const Model& model);

/// The first layer's description, for what is the same in all layers of a dense model.
inline const Layer& first_layer(const Model& model) { return model.layers.front().layer; }

/// The layer's attention or MLP, or null where it has another mixer or feed-forward part.
inline const Attention* attention_of(const Layer& layer) { return std::get_if<Attention>(&layer.mixer); }
inline const Mlp* mlp_of(const Layer& layer) { return std::get_if<Mlp>(&layer.feed_forward); }

/// Parameters, tied ones counted once. @throws InputError on overflow
std::int64_t parameter_count(const Model& model);

/// Of these, all but the experts that a token is not sent to. @throws InputError on overflow
std::int64_t active_parameter_count(const Model& model);

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
