// SPDX-License-Identifier: MIT
// A forward pass in double precision, in plain loops and without a cache, to judge the decoder by.
#pragma once

#include "tests/kernels/host/host_run.hpp"
#include "tests/kernels/host/reference_arithmetic.hpp"

#include <map>
#include <vector>

namespace calibram {

/// Shares nothing with the decoder but its weight tensors, and derives the layers from the papers that
/// src/model/model.hpp names: keys and values of latent attention are written out for every head, recurrences
/// run from a state of zeros, tokens look for their experts one by one. Where the formats quantise
/// activations or cache entries, so does this. It also rounds to FP16 what the decoder keeps in FP16: a
/// recurrence or a norm can make one rounding many times as large, and an activation that was not rounded
/// would now and then be quantised to the neighbouring one of 127 steps; such errors would hide others.
///
/// Rounding may decide between experts whose scores are almost equal. There the reference goes to those that
/// the pass chose; where their scores differ by more than the pass may be wrong by, it reports a failure.
class ReferencePass {
 public:
  /// `decoder` has loaded the model and must outlive this, its weights unchanged.
  /// @param tolerance  how wrong the pass's scores may be, as a share of a token's greatest
  ReferencePass(const Question& question, const Decoder& decoder, double tolerance);

  /// Logits of every position of one sequence, [tokens, vocabulary].
  /// @param choices  the experts that the pass sent the tokens to
  Doubles logits(const Tokens& tokens, const Choices& choices) const;

 private:
  struct Place {
    const Layer& layer;
    const WeightSet& weights;
    std::size_t number;  ///< of the layer
  };
  struct KeysAndValues {
    Rows keys, values;
  };
  /// What is known of a sequence on its way through the layers.
  struct Sequence {
    const Tokens& tokens;
    const Choices& choices;
    std::vector<KeysAndValues> kept;  ///< by layer
    std::size_t mixtures = 0;         ///< mixtures of experts so far
    Rows layer_embeddings = {};
  };
  /// Which weights an MLP has, and which of several in one tensor it is.
  struct MlpWeights {
    WeightName gate, gate_bias, up, up_bias, down, down_bias;
    std::int64_t place = 0;
  };

  // What all layers are made of (reference_pass.cpp).
  const Doubles& values(const Tensor& tensor) const;
  Rows stored(Rows x) const;  ///< as the decoder keeps it in a tensor
  Rows linear(const Rows& x, const Weight& weight, const Weight& bias) const;
  Rows linear(const Rows& x, const Weight& weight, const Weight& bias, IndexRange outputs) const;
  Rows embedded(const Weight& table, const Tokens& tokens) const;
  Rows normed(const Rows& x, const Weight& weight, const Weight& bias) const;
  Rows root_mean_square_normed(Rows x, const Weight& weight) const;
  Rows rotated(Rows x, std::int64_t head_size, std::int64_t rotary_size) const;
  Rows activated(Activation kind, Rows x) const;
  Rows sum(Rows x, const Rows& y) const;
  Rows product(Rows x, const Rows& y) const;
  Rows run_block(const Place& place, Rows x, Sequence& sequence) const;

  // Mixers (reference_attention.cpp, reference_recurrent.cpp).
  Rows mix(std::monostate, const Place&, const Rows& x, Sequence&) const { return x; }
  Rows mix(const Attention& attention, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mix(const LatentAttention& attention, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mix(const Mamba& mamba, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mix(const Mamba2& mamba, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mix(const GatedDeltaNet& net, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mix(const Linear& linear, const Place& place, const Rows& x, Sequence& sequence) const;
  const KeysAndValues& kept_by_owner(const Attention& attention, const Place& place,
                                     const Sequence& sequence) const;
  Rows with_normed_heads(const Attention& attention, Rows x, const Weight& weight) const;
  Rows latent_queries(const LatentAttention& attention, const Place& place, const Rows& x) const;
  Rows latent_cache(const LatentAttention& attention, const Place& place, const Rows& x) const;
  KeysAndValues expanded(const LatentAttention& attention, const Rows& cached, const Weight& kv_up) const;
  Rows attend(const Attention& attention, const Rows& queries, const KeysAndValues& seen,
              const Doubles& sinks) const;
  Rows convolved(const Rows& x, const WeightSet& weights) const;
  Rows gated(const Rows& x, const Rows& gate) const;

  // Feed-forward parts (reference_experts.cpp).
  Rows feed(std::monostate, const Place&, const Rows& x, Sequence&) const { return x; }
  Rows feed(const Mlp& mlp, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows feed(const Experts& experts, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows feed(const Linear& linear, const Place& place, const Rows& x, Sequence& sequence) const;
  Rows mlp(const Mlp& mlp, const MlpWeights& names, const WeightSet& weights, const Rows& x) const;
  Tokens choose(const Doubles& scores, std::size_t count, const Tokens& chosen_by_pass) const;

  // Alternating updates (reference_updates.cpp).
  std::vector<Rows> copies_of(const Rows& hidden, Sequence& sequence) const;
  Rows merged(const std::vector<Rows>& copies) const;
  void run_updates(const Place& place, std::vector<Rows>& copies, Sequence& sequence) const;
  Rows modalities(const Place& place, const Rows& x) const;
  Rows low_rank_path(const Place& place, const Rows& x) const;
  Rows layer_embedding_of(const Place& place, const Rows& x, const Sequence& sequence) const;

  const Model& model_;
  const Decoder& decoder_;
  double tolerance_;
  bool rounds_, quantises_cache_;
  std::vector<Place> places_;
  mutable std::map<const void*, Doubles> values_;  ///< of weights that were read already
};

}  // namespace calibram
