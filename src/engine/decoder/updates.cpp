// SPDX-License-Identifier: MIT
// Alternating updates in the decoder pass: several copies of the hidden state, of which a layer computes one.
//
// After github.com/huggingface/transformers, modeling_gemma3n.py (Gemma3nTextModel, Gemma3nTextDecoderLayer,
// Gemma3nTextAltUp). Constant factors, and the equal magnitudes that copies are brought to, are left out:
// they hold no memory.
#include "src/engine/decoder/decoder.hpp"

namespace calibram {
namespace {

/// One of the copies that lie one below the other.
Tensor copy_of(const Tensor& copies, std::int64_t index, std::int64_t rows) {
  return copies.row_range({index * rows, rows});
}

}  // namespace

Tensor Decoder::enter_updates(const AlternatingUpdates& updates, const Tensor& tokens, Tensor& hidden,
                              StepShape shape) {
  const std::int64_t rows = shape.rows(), width = hidden.columns;
  layer_embeddings_ = allocate(rows, outer_[WeightName::layer_embedding].inputs);
  ops_.embed(outer_[WeightName::layer_embedding], {}, tokens, shape, layer_embeddings_);
  Tensor projected = linear(hidden, outer_[WeightName::layer_embedding_projection], {});
  Tensor parts = projected.reshaped(rows * projected.columns / updates.layer_embedding_size);
  norm_in_place(parts, outer_[WeightName::layer_embedding_projection_norm]);
  layer_embeddings_ = add(layer_embeddings_, projected);
  Tensor copies = allocate(checked_product({updates.copies, rows}), width);
  Tensor first = copy_of(copies, 0, rows);
  ops_.convert(hidden, first);
  for (std::int64_t i = 1; i < updates.copies; ++i) {
    Tensor copy =
        linear(hidden, outer_[WeightName::update_projection], {}, IndexRange{(i - 1) * width, width});
    Tensor place = copy_of(copies, i, rows);
    ops_.convert(copy, place);
    ops_.release(copy);
  }
  ops_.release(hidden);
  return copies;
}

Tensor Decoder::leave_updates(Tensor& copies, StepShape shape) {
  ops_.release(layer_embeddings_);
  const std::int64_t rows = shape.rows(), width = copies.columns, count = copies.rows / rows;
  Tensor hidden = allocate(rows, width);
  ops_.convert(copy_of(copies, 0, rows), hidden);
  for (std::int64_t i = 1; i < count; ++i) {
    Tensor back = linear(copy_of(copies, i, rows), outer_[WeightName::update_unprojection], {},
                         IndexRange{(i - 1) * width, width});
    ops_.add(hidden, back, hidden);
    ops_.release(back);
  }
  ops_.release(copies);
  return hidden;
}

Tensor Decoder::run_updates(const Layer& layer, LayerState& state, Tensor& copies, StepShape shape) {
  const WeightSet& weights = state.weights;
  Tensor predicted = predict(weights, copies, shape);
  Tensor computed = allocate(shape.rows(), predicted.columns);
  ops_.convert(copy_of(predicted, 0, computed.rows), computed);
  computed = run_block(layer, state, computed, shape);
  Tensor modalities = update_modalities(weights, computed);
  Tensor coefficients = linear(modalities, weights[WeightName::correction], {});
  ops_.release(modalities);
  ops_.correct_copies(computed, coefficients, predicted);
  ops_.release(coefficients);
  add_layer_embedding(layer, state, computed, predicted);
  return predicted;
}

/// The low-rank path beside attention, which reads the same input (Gemma3nTextLaurelBlock).
Tensor Decoder::low_rank_path(const WeightSet& weights, const Tensor& normed) {
  Tensor low = linear(normed, weights[WeightName::laurel_down], {});
  Tensor path = linear(low, weights[WeightName::laurel_up], {});
  ops_.release(low);
  norm_in_place(path, weights[WeightName::laurel_norm]);
  ops_.add(path, normed, path);
  return path;
}

/// What the copies will be; frees those that there were.
Tensor Decoder::predict(const WeightSet& weights, Tensor& copies, StepShape shape) {
  Tensor modalities = update_modalities(weights, copy_of(copies, 0, shape.rows()));
  Tensor coefficients = linear(modalities, weights[WeightName::prediction], {});
  ops_.release(modalities);
  Tensor predicted = allocate(copies.rows, copies.columns);
  ops_.predict_copies(copies, coefficients, predicted);
  ops_.release(coefficients);
  ops_.release(copies);
  return predicted;
}

/// What the coefficients of prediction and correction are made from, [rows, copies].
Tensor Decoder::update_modalities(const WeightSet& weights, const Tensor& hidden) {
  Tensor normed = norm(hidden, weights[WeightName::update_router_norm], {});
  Tensor modalities = linear(normed, weights[WeightName::update_router], {});
  ops_.release(normed);
  ops_.activate(Activation::tanh, modalities, modalities);
  return modalities;
}

/// Adds to all copies but the first what this layer makes of its embeddings of the tokens; frees `computed`.
void Decoder::add_layer_embedding(const Layer& layer, const LayerState& state, Tensor& computed,
                                  Tensor& copies) {
  const WeightSet& weights = state.weights;
  const std::int64_t rows = computed.rows, size = layer.alternating_updates->layer_embedding_size;
  ops_.convert(copy_of(copies, 0, rows), computed);
  ops_.multiply(computed, weights[WeightName::correction_scale].values, computed);
  Tensor gate = linear(computed, weights[WeightName::layer_embedding_gate], {});
  ops_.release(computed);
  ops_.activate(Activation::gelu, gate, gate);
  Tensor embedding = allocate(rows, size);
  ops_.copy_columns(layer_embeddings_, state.index * size, size, embedding, 0);
  ops_.multiply(gate, embedding, gate);
  ops_.release(embedding);
  Tensor change = linear(gate, weights[WeightName::layer_embedding_up], {});
  ops_.release(gate);
  norm_in_place(change, weights[WeightName::layer_embedding_norm]);
  for (std::int64_t i = 1; i < copies.rows / rows; ++i) {
    Tensor copy = copy_of(copies, i, rows);
    ops_.add(copy, change, copy);
  }
  ops_.release(change);
}

}  // namespace calibram
