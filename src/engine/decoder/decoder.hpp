// SPDX-License-Identifier: MIT
// The one forward pass of a decoder-only transformer, written over Ops: counted, run on the host or on a
// card.
#pragma once

#include "src/engine/ops.hpp"
#include "src/engine/question.hpp"
#include "src/model/weights.hpp"

#include <array>
#include <vector>

namespace calibram {

/// Weight handles, indexed by name; those that a model lacks are empty. Of all the names a model has few.
class WeightSet {
 public:
  WeightSet() { weights_.emplace_back(); }

  /// A name is added once.
  void add(WeightName name, const Weight& weight) {
    places_[static_cast<std::size_t>(name)] = static_cast<unsigned char>(weights_.size());
    weights_.push_back(weight);
  }
  void reserve(std::size_t count) { weights_.reserve(count + 1); }
  void clear() { *this = {}; }

  const Weight& operator[](WeightName name) const {
    return weights_[places_[static_cast<std::size_t>(name)]];
  }
  std::vector<Weight>& all() { return weights_; }

 private:
  std::array<unsigned char, weight_name_count> places_{};
  std::vector<Weight> weights_;  ///< the first one is the empty one
};

/// What one layer owns between steps.
struct LayerState {
  std::int64_t index = 0;  ///< of the layer
  WeightSet weights;
  KvCache cache;  ///< of attention; of latent attention its keys only, as one head
  /// The rest of the projection that the cached values are a view of.
  boost::container::static_vector<Tensor, 2> beside_values;
  KvCache previous_cache;                 ///< the copy before the step, where the runtime keeps it
  const KvCache* shared_cache = nullptr;  ///< of the earlier layer whose keys and values this one reads
  RecurrentState recurrent;               ///< of state spaces and linear attention
  Tensor rotary_table;                    ///< cosines and sines, where the runtime keeps them per layer
};

/// Runs a model: load, reserve, prefill, decode. The runtime's fields decide what is allocated when; which
/// machine does it is the business of Ops. Shapes: activations are [batch * tokens, width].
class Decoder {
 public:
  /// `question` names a model and its formats; it, `runtime` and `ops` must outlive the decoder.
  /// @throws InputError when they do not go together
  Decoder(const Question& question, const Runtime& runtime, Ops& ops);

  void load();     ///< allocates and fills every weight, and what the runtime sets up beside them
  void reserve();  ///< allocates the cache of the whole context, where the runtime reserves it
  void prefill();  ///< one step over the whole prompt
  void decode();   ///< one step of one token per sequence
  /// Leaves out decode steps until `position` tokens are cached: for counting, which needs no values.
  void skip_to(std::int64_t position);
  bool holds_weights();  ///< reads back a sample of every weight: whether it is what load() wrote
  void finish();         ///< frees everything
  /// Forgets what was allocated since load(), without freeing it: for counting, whose books go back as well.
  void forget_run();

  /// Tokens cached per sequence.
  std::int64_t position() const noexcept { return position_; }
  /// Logits of the last step, [batch or batch * tokens, vocabulary]. Valid until the next step.
  const Tensor& logits() const noexcept { return logits_; }
  const WeightSet& outer_weights() const noexcept { return outer_; }
  const LayerState& layer_state(std::int64_t layer) const;

 private:
  /// Identical layers on one device, and the state of those of them that Ops tells apart.
  struct Stage {
    const Layer* layer;
    IndexRange range;
    int device;
    std::vector<LayerState> states;
  };

  void plan_stages();
  void share_caches();
  void place_layers();
  int device_of(std::int64_t layer) const;
  int last_device() const { return question_.devices - 1; }
  void for_each_state(const std::function<void(Stage&, LayerState&, std::int64_t)>& body);

  // Weights and caches (state.cpp).
  Weight allocate_weight(const WeightShape& shape);
  void load_weights(const WeightShapes& shapes, WeightSet& weights, std::int64_t part);
  void load_stored(const StoredWeights& stored);
  void allocate_workspaces();
  void warm_allocator();
  void release_weights(WeightSet& weights);
  void allocate_cache(const Layer& layer, std::int64_t capacity, KvCache& cache);
  void allocate_recurrent_state(const Layer& layer, RecurrentState& state);
  void release_cache(KvCache& cache);

  // A step (decoder.cpp): embedding, layers, logits.
  void step(const Tensor& tokens, StepShape shape);
  Tensor embed(const Tensor& tokens, StepShape shape);
  void make_mask(StepShape shape);
  void cut_mask_from_buffer(StepShape shape);
  std::int64_t causal_buffer_bytes() const;
  Tensor move_to(Tensor& tensor, int device);
  void compute_logits(Tensor& normed, StepShape shape);

  /// What a part of a layer reads: the normed input, or the input itself, which others read too.
  struct Input {
    Tensor tensor;
    bool owned = true;
    bool last = true;  ///< nothing reads it afterwards
  };

  // A layer (layer.cpp).
  Tensor run_layer(const Layer& layer, LayerState& state, Tensor input, StepShape shape);
  Tensor run_block(const Layer& layer, LayerState& state, Tensor input, StepShape shape);
  Tensor mix_tokens(const Layer& layer, LayerState& state, Input& normed, StepShape shape);
  Tensor add_feed_forward(const Layer& layer, LayerState& state, Tensor input);
  Tensor add_parallel_feed_forward(const Layer& layer, LayerState& state, Tensor input, Input& normed,
                                   Tensor mixed);

  /// What a functional attention's variables still name when it has its result.
  using NamedTensors = boost::container::static_vector<Tensor, 6>;

  // Attention (attention.cpp).
  Tensor attention(const Attention& attention, LayerState& state, Input& normed, StepShape shape);
  void grow_cache(const Attention& attention, LayerState& state, Tensor& keys, Tensor& values,
                  StepShape shape);
  void release_beside_values(LayerState& state);
  std::int64_t slid_length(const Attention& attention, std::int64_t length) const;
  void start_cache(LayerState& state, Tensor& keys, Tensor& values, StepShape shape);
  void concatenate(Tensor KvCache::*part, const KvCache& grown, LayerState& state, StepShape shape);
  Tensor attend(Attention attention, const Tensor& queries, KvCache cache, const Tensor& sinks,
                StepShape shape, NamedTensors& named);
  Tensor attend_eagerly(const Attention& attention, const Tensor& queries, const KvCache& cache,
                        const Tensor& sinks, StepShape shape);
  Tensor attend_by_matmul(const Attention& attention, const Tensor& queries, const KvCache& cache,
                          const Tensor& sinks, StepShape shape, bool heads_first, NamedTensors& named);
  Tensor functional_softmax(const Tensor& scores, const Tensor& sinks, StepShape shape);
  Tensor attend_streaming(const Attention& attention, const Tensor& queries, const KvCache& cache,
                          const Tensor& sinks, StepShape shape, bool heads_first);
  Tensor gate_of(const Attention& attention, const WeightSet& weights, const Tensor& input);

  // Latent attention (latent.cpp).
  Tensor attention(const LatentAttention& attention, LayerState& state, Input& normed, StepShape shape);
  Tensor project_latent_queries(const LatentAttention& attention, const WeightSet& weights,
                                const Tensor& input, StepShape shape);
  Tensor project_latent(const LatentAttention& attention, const WeightSet& weights, const Tensor& input,
                        StepShape shape);

  // State spaces and linear attention (recurrent.cpp).
  Tensor scan(const Mamba& mamba, LayerState& state, Input& normed, StepShape shape);
  Tensor scan(const Mamba2& mamba, LayerState& state, Input& normed, StepShape shape);
  Tensor scan(const GatedDeltaNet& net, LayerState& state, Input& normed, StepShape shape);
  Tensor convolve(LayerState& state, Tensor& x, StepShape shape);
  void gate_state(Tensor& gate, Tensor& mixed);
  Tensor project_state(const WeightSet& weights, Tensor& mixed);

  // Alternating updates (updates.cpp).
  Tensor enter_updates(const AlternatingUpdates& updates, const Tensor& tokens, Tensor& hidden,
                       StepShape shape);
  Tensor leave_updates(Tensor& copies, StepShape shape);
  Tensor run_updates(const Layer& layer, LayerState& state, Tensor& copies, StepShape shape);
  Tensor low_rank_path(const WeightSet& weights, const Tensor& normed);
  Tensor predict(const WeightSet& weights, Tensor& copies, StepShape shape);
  Tensor update_modalities(const WeightSet& weights, const Tensor& hidden);
  void add_layer_embedding(const Layer& layer, const LayerState& state, Tensor& computed, Tensor& copies);

  // MLP and experts (feed_forward.cpp).
  Tensor feed_forward(const Layer& layer, LayerState& state, Input& normed);
  struct MlpWeights {
    WeightName gate, gate_bias, up, up_bias, down, down_bias;
  };
  template <typename Project>
  Tensor mlp(const Mlp& mlp, const MlpWeights& names, Input& input, const Project& project);
  template <typename Project>
  Tensor joined_mlp(const Mlp& mlp, const MlpWeights& names, Input& input, const Project& project);
  Tensor mlp(const Mlp& mlp, const WeightSet& weights, Input& normed);
  Tensor experts(const Experts& experts, const WeightSet& weights, Input& normed);
  Tensor shared_expert(const Experts& experts, const WeightSet& weights, const Input& normed);
  // Experts in a loop (looped_experts.cpp).
  Tensor looped_experts(const Experts& experts, const WeightSet& weights, Input& normed);
  NamedTensors choose_experts(const Experts& experts, const WeightSet& weights, const Tensor& input);
  Tensor looped_expert(const Mlp& expert, const WeightSet& weights, const Tensor& rows, Tensor& gate_and_up);
  Tensor looped_linear(const Tensor& x, const Weight& weight);
  void add_gated_expert(const Mlp& shared, bool gated, const WeightSet& weights, const Input& normed,
                        Tensor& sum);
  Tensor allocate_indices(std::int64_t rows, std::int64_t columns);
  Routes route(const Experts& experts, const WeightSet& weights, const Tensor& input);

  // Operations (operations.cpp) that work in place or return new tensors, as the runtime does.
  Tensor allocate(std::int64_t rows, std::int64_t columns, Term term = Term::activation);
  Tensor linear(const Tensor& x, const Weight& weight, const Weight& bias, Term term = Term::activation);
  /// Some of the outputs alone: projections that share one matrix.
  Tensor linear(const Tensor& x, const Weight& weight, const Weight& bias, IndexRange outputs);
  /// Each expert's rows of x times that expert's matrix.
  Tensor linear_of_experts(const Tensor& x, const Weight& weight, const Weight& bias, const Routes& routes);
  bool needs_scratch(const Weight& weight) const;
  Tensor multiply_packed(const Tensor& x, const Weight& weight, Term term, bool in_sequences);
  template <typename ForEachPart>
  Tensor project(const Tensor& x, const Weight& weight, Term term, const ForEachPart& for_each_part);
  Tensor norm(const Tensor& x, const Weight& weight, const Weight& bias);
  Tensor functional_rms_norm(const Tensor& x, const Weight& weight, std::int64_t head_rows);
  Input norm_before(bool norms, const Tensor& x, const Weight& weight, const Weight& bias);
  /// RMSNorm of rows as long as the weight, in place.
  void norm_in_place(Tensor x, const Weight& weight);
  void norm_after(const Layer& layer, Tensor& x, const Weight& weight);
  void norm_heads(const Attention& attention, const Weight& weight, Tensor& x);
  Tensor gather_angles(const Attention& attention, StepShape shape);
  void rotate(Tensor& x, std::int64_t heads, const Attention& attention, StepShape shape);
  Tensor rotated(const Tensor& x, std::int64_t heads, const Attention& attention, StepShape shape);
  void rotate_both(Tensor& queries, Tensor& keys, const Attention& attention, StepShape shape,
                   NamedTensors& named);
  Tensor add(Tensor& x, Tensor& y);
  Tensor duplicate(const Tensor& x, Term term = Term::activation);
  /// Computes in a new tensor what a functional runtime does not compute in place.
  void become_copy(Tensor& x);
  /// Frees an argument that is not needed any more, unless a caller's variable would still hold it.
  void drop(Tensor& tensor);
  void drop(Input& input);
  /// Frees a layer's input at its end; the first layer's is the embedding, which the forward still names.
  void release_input(Tensor& input);
  void release(Input& input);

  const Model& model_;
  const Question& question_;
  const Runtime& runtime_;
  Ops& ops_;
  Element element_;           ///< of activations, cache and logits
  std::vector<int> devices_;  ///< of every layer
  std::vector<Stage> stages_;
  WeightSet outer_;
  std::vector<Tensor>
      stored_;  ///< the weights where a file says what there is; then the others have shapes only
  std::vector<Tensor> workspaces_;  ///< of GEMM libraries and of packed formats' kernels, on every device
  Tensor embedding_;          ///< of the step's tokens, which a functional forward names until it returns
  Tensor attention_weights_;  ///< that a layer names until it returns
  Tensor causal_buffer_;      ///< of all positions, where the runtime keeps one
  Tensor mask_;               ///< the additive causal mask of eager attention, [batch * tokens, length]
  Tensor step_table_;         ///< cosines and sines of the step, where the runtime makes them per step
  Tensor layer_embeddings_;   ///< of the step's tokens in every layer (Gemma 3n)
  Tensor logits_;
  Tensor previous_logits_;
  Tensor prompt_tokens_;
  Tensor next_tokens_;
  std::int64_t position_ = 0;
};

}  // namespace calibram
