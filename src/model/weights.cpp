// SPDX-License-Identifier: MIT
// Writes out which weight tensors a layer and a model have.
#include "src/model/weights.hpp"

#include "src/core/bytes.hpp"

namespace calibram {
namespace {

class ShapeList {
 public:
  void matrix(WeightName name, std::int64_t rows, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::matrix, rows, columns});
  }
  void outer(WeightName name, std::int64_t rows, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::outer, rows, columns});
  }
  void vector(WeightName name, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::vector, 1, columns});
  }
  const WeightShapes& shapes() const { return shapes_; }

 private:
  WeightShapes shapes_;
};

struct Projection {
  WeightName weight;
  WeightName bias;
};

void add_projection(ShapeList& list, Projection name, std::int64_t outputs, std::int64_t inputs,
                    bool has_bias) {
  list.matrix(name.weight, outputs, inputs);
  if (has_bias) list.vector(name.bias, outputs);
}

void add_attention(ShapeList& list, const Attention& attention, std::int64_t hidden) {
  using enum WeightName;
  const std::int64_t query_width = checked_product({attention.heads, attention.head_size});
  const std::int64_t kv_width = checked_product({attention.kv_heads, attention.head_size});
  add_projection(list, {query, query_bias}, query_width, hidden, attention.input_bias);
  add_projection(list, {key, key_bias}, kv_width, hidden, attention.input_bias);
  add_projection(list, {value, value_bias}, kv_width, hidden, attention.input_bias);
  if (attention.query_key_norm > 0) {
    list.vector(query_norm, attention.query_key_norm);
    list.vector(key_norm, attention.query_key_norm);
  }
  add_projection(list, {output, output_bias}, hidden, query_width, attention.output_bias);
}

void add_mlp(ShapeList& list, const Mlp& mlp, std::int64_t hidden) {
  using enum WeightName;
  if (mlp.gated) add_projection(list, {gate, gate_bias}, mlp.width, hidden, mlp.bias);
  add_projection(list, {up, up_bias}, mlp.width, hidden, mlp.bias);
  add_projection(list, {down, down_bias}, hidden, mlp.width, mlp.bias);
}

}  // namespace

WeightShapes layer_weights(const Model& model, const Layer& layer) {
  using enum WeightName;
  const std::int64_t hidden = model.hidden_size;
  ShapeList list;
  list.vector(attention_norm, hidden);
  if (model.norm_bias) list.vector(attention_norm_bias, hidden);
  add_attention(list, layer.attention, hidden);
  if (layer.norm_after_each) list.vector(after_attention_norm, hidden);
  if (layer.norm_before_mlp) list.vector(mlp_norm, hidden);
  if (layer.norm_before_mlp && model.norm_bias) list.vector(mlp_norm_bias, hidden);
  add_mlp(list, layer.mlp, hidden);
  if (layer.norm_after_each) list.vector(after_mlp_norm, hidden);
  return list.shapes();
}

WeightShapes outer_weights(const Model& model) {
  using enum WeightName;
  ShapeList list;
  list.outer(embedding, model.vocabulary, model.hidden_size);
  if (model.positions == Positions::learned)
    list.outer(position_embedding, model.max_positions, model.hidden_size);
  list.vector(final_norm, model.hidden_size);
  if (model.norm_bias) list.vector(final_norm_bias, model.hidden_size);
  if (!model.tied_embeddings) list.outer(head, model.vocabulary, model.hidden_size);
  if (model.head_bias) list.vector(head_bias, model.vocabulary);
  return list.shapes();
}

}  // namespace calibram
