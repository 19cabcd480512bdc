// SPDX-License-Identifier: MIT
// The reference's alternating updates: several copies of the hidden state, of which a layer computes one.
#include "tests/kernels/host/reference_pass.hpp"

namespace calibram {
namespace {

using enum WeightName;

}  // namespace

std::vector<Rows> ReferencePass::copies_of(const Rows& hidden, Sequence& sequence) const {
  const WeightSet& outer = decoder_.outer_weights();
  const AlternatingUpdates& updates = *first_layer(model_).alternating_updates;
  const Rows projected = root_mean_square_normed(linear(hidden, outer[layer_embedding_projection], {}),
                                                 outer[layer_embedding_projection_norm]);
  sequence.layer_embeddings = sum(embedded(outer[layer_embedding], sequence.tokens), projected);
  std::vector<Rows> copies{hidden};
  for (std::int64_t i = 1; i < updates.copies; ++i)
    copies.push_back(
        linear(hidden, outer[update_projection], {}, {(i - 1) * model_.hidden_size, model_.hidden_size}));
  return copies;
}

Rows ReferencePass::merged(const std::vector<Rows>& copies) const {
  Rows hidden = copies[0];
  for (std::size_t i = 1; i < copies.size(); ++i) {
    const IndexRange outputs{static_cast<std::int64_t>(i - 1) * model_.hidden_size, model_.hidden_size};
    hidden =
        sum(std::move(hidden), linear(copies[i], decoder_.outer_weights()[update_unprojection], {}, outputs));
  }
  return hidden;
}

/// What the coefficients of prediction and correction are made from.
Rows ReferencePass::modalities(const Place& place, const Rows& x) const {
  const WeightSet& weights = place.weights;
  return activated(Activation::tanh,
                   linear(normed(x, weights[update_router_norm], {}), weights[update_router], {}));
}

/// Predicts all copies, computes the first one, and corrects all of them by what it was wrong
/// (arXiv:2301.13310, algorithm 1).
void ReferencePass::run_updates(const Place& place, std::vector<Rows>& copies, Sequence& sequence) const {
  const WeightSet& weights = place.weights;
  const std::size_t count = copies.size();
  const Rows mixing = linear(modalities(place, copies[0]), weights[prediction], {});
  std::vector<Rows> predicted = copies;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t t = 0; t < mixing.size(); ++t)
      for (std::size_t j = 0; j < count; ++j)
        for (std::size_t k = 0; k < copies[j][t].size(); ++k)
          predicted[i][t][k] += mixing[t][i * count + j] * copies[j][t][k];
    predicted[i] = stored(std::move(predicted[i]));
  }
  const Rows computed = run_block(place, predicted[0], sequence);
  const Rows corrections = linear(modalities(place, computed), weights[correction], {});
  for (std::size_t i = 0; i < count; ++i) {
    copies[i] = predicted[i];
    for (std::size_t t = 0; t < computed.size(); ++t)
      for (std::size_t k = 0; k < computed[t].size(); ++k)
        copies[i][t][k] += (1 + corrections[t][i]) * (computed[t][k] - predicted[0][t][k]);
    copies[i] = stored(std::move(copies[i]));
  }
  const Rows change = layer_embedding_of(place, copies[0], sequence);
  for (std::size_t i = 1; i < count; ++i) copies[i] = sum(std::move(copies[i]), change);
}

/// The low-rank path beside attention (LAuReL, arXiv:2411.07501), as Gemma 3n has it.
Rows ReferencePass::low_rank_path(const Place& place, const Rows& x) const {
  const Rows low = linear(linear(x, place.weights[laurel_down], {}), place.weights[laurel_up], {});
  return sum(root_mean_square_normed(low, place.weights[laurel_norm]), x);
}

/// What the layer makes of its embeddings of the tokens.
Rows ReferencePass::layer_embedding_of(const Place& place, const Rows& x, const Sequence& sequence) const {
  const WeightSet& weights = place.weights;
  const std::int64_t size = place.layer.alternating_updates->layer_embedding_size;
  const Rows scaled = product(x, Rows(x.size(), values(weights[correction_scale].values)));
  const Rows gate_of_embedding =
      activated(Activation::gelu, linear(scaled, weights[layer_embedding_gate], {}));
  const Rows embedding_of_layer =
      columns(sequence.layer_embeddings, static_cast<std::int64_t>(place.number) * size, size);
  return root_mean_square_normed(
      linear(product(gate_of_embedding, embedding_of_layer), weights[layer_embedding_up], {}),
      weights[layer_embedding_norm]);
}

}  // namespace calibram
