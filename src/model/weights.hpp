// SPDX-License-Identifier: MIT
// The list of weight tensors that a model consists of, with their shapes.
#pragma once

#include "src/model/model.hpp"

#include <boost/container/static_vector.hpp>

#include <cstddef>

namespace calibram {

/// Every weight tensor that a decoder can have: the first group once per layer, the second once per model.
enum class WeightName : unsigned char {
  attention_norm,
  attention_norm_bias,
  query,
  query_bias,
  key,
  key_bias,
  value,
  value_bias,
  query_norm,
  key_norm,
  output,
  output_bias,
  after_attention_norm,
  mlp_norm,
  mlp_norm_bias,
  gate,
  gate_bias,
  up,
  up_bias,
  down,
  down_bias,
  after_mlp_norm,
  embedding,
  position_embedding,
  final_norm,
  final_norm_bias,
  head,
  head_bias,
};
inline constexpr std::size_t weight_name_count = static_cast<std::size_t>(WeightName::head_bias) + 1;

/// matrix: in a layer, stored in the weight format; outer: embedding and head; vector: norms and biases,
/// never quantised.
enum class WeightRole : unsigned char { matrix, outer, vector };

/// A weight tensor's shape: `rows` output channels by `columns` input features; vectors have one row.
struct WeightShape {
  WeightName name;
  WeightRole role;
  std::int64_t rows;
  std::int64_t columns;
};

using WeightShapes = boost::container::static_vector<WeightShape, weight_name_count>;

/// The tensors of one layer, in the order in which the pass uses them.
WeightShapes layer_weights(const Model& model, const Layer& layer);

/// The tensors outside the layers: embedding, final norm, head (absent when tied).
WeightShapes outer_weights(const Model& model);

}  // namespace calibram
