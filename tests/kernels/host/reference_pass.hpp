// SPDX-License-Identifier: MIT
// A forward pass in double precision, in plain loops and without a cache, to judge the decoder by.
#pragma once

#include "tests/kernels/host/host_run.hpp"

namespace calibram {

/// Shares nothing with the decoder but its weight tensors. Where the formats quantise activations or cache
/// entries, so does this. With INT8 weights it also rounds to FP16 what the decoder keeps in FP16: an
/// activation that was not rounded would now and then be quantised to the neighbouring one of 127 steps, and
/// such errors would hide others.
class ReferencePass {
 public:
  /// `decoder` has loaded the model and must outlive this.
  ReferencePass(const Question& question, const Decoder& decoder);

  /// Logits of every position of one sequence, [tokens, vocabulary].
  Doubles logits(const Tokens& sequence) const;

 private:
  using Rows = std::vector<Doubles>;  ///< one per token

  Rows stored(Rows x) const;  ///< as the decoder keeps it in a tensor
  Rows linear(const Rows& x, const Weight& weight, const Weight& bias) const;
  Rows embed(const Tokens& sequence) const;
  void run_layer(const Layer& layer, const WeightSet& weights, Rows& x) const;
  Rows attention(const Attention& attention, const WeightSet& weights, const Rows& normed) const;
  Doubles attend(const Attention& attention, const Rows& keys, const Rows& values, const Doubles& query,
                 std::size_t position) const;
  Rows mlp(const Mlp& mlp, const WeightSet& weights, const Rows& normed) const;
  Rows normed(const Rows& x, const Weight& weight, const Weight& bias) const;
  Rows with_normed_heads(Rows x, const Weight& weight) const;
  Rows rotated(Rows x, const Attention& attention) const;
  Rows sum(Rows x, const Rows& y) const;

  const Model& model_;
  const Decoder& decoder_;
  bool quantises_activations_, quantises_cache_;
};

}  // namespace calibram
