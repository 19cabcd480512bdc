// SPDX-License-Identifier: MIT
// Writes out which weight tensors a layer and a model have.
#include "src/model/weights.hpp"

#include "src/core/bytes.hpp"

namespace calibram {
namespace {

using enum WeightName;

class ShapeList {
 public:
  void matrix(WeightName name, std::int64_t rows, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::matrix, rows, columns});
  }
  void outer(WeightName name, std::int64_t rows, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::outer, rows, columns});
  }
  void vector(WeightName name, std::int64_t columns) { kept(name, 1, columns); }
  /// A matrix that no format quantises.
  void kept(WeightName name, std::int64_t rows, std::int64_t columns) {
    shapes_.push_back({name, WeightRole::vector, rows, columns});
  }
  void projection(WeightName weight, WeightName bias, std::int64_t outputs, std::int64_t inputs,
                  bool has_bias) {
    matrix(weight, outputs, inputs);
    if (has_bias) vector(bias, outputs);
  }
  void experts(WeightName weight, WeightName bias, std::int64_t outputs, std::int64_t inputs,
               const Experts& experts) {
    shapes_.push_back({weight, WeightRole::expert, outputs, inputs, experts.count});
    if (experts.expert.bias) shapes_.push_back({bias, WeightRole::vector, 1, outputs, experts.count});
  }
  void norm(const Model& model, WeightName weight, WeightName bias) {
    if (model.norm_weight) vector(weight, model.hidden_size);
    if (model.norm_bias) vector(bias, model.hidden_size);
  }
  const WeightShapes& shapes() const { return shapes_; }

 private:
  WeightShapes shapes_;
};

// Shapes follow the reference implementations, github.com/huggingface/transformers src/transformers/models.
// Where they keep several projections in one matrix, the list does too if that matrix could not be split.
class MixerWeights {
 public:
  MixerWeights(ShapeList& list, std::int64_t hidden_size) : list_{list}, hidden_{hidden_size} {}

  void operator()(std::monostate) {}

  void operator()(const Attention& attention) {
    const std::int64_t query_width = checked_product({attention.heads, attention.head_size});
    const std::int64_t kv_width = checked_product({attention.kv_heads, attention.head_size});
    const std::int64_t value_width = checked_product({attention.kv_heads, attention.value_elements()});
    const std::int64_t mixed_width = checked_product({attention.heads, attention.value_elements()});
    list_.projection(query, query_bias, attention.output_gate ? 2 * query_width : query_width, hidden_,
                     attention.input_bias);
    list_.projection(key, key_bias, kv_width, hidden_, attention.input_bias);
    list_.projection(value, value_bias, value_width, hidden_, attention.input_bias);
    query_key_norms(attention, query_width, kv_width);
    if (attention.sinks) list_.vector(sinks, attention.heads);
    list_.projection(output, output_bias, hidden_, mixed_width, attention.output_bias);
  }

  void operator()(const LatentAttention& attention) {  // deepseek_v2, deepseek_v3
    const std::int64_t head_size = attention.plain_size + attention.rotary_size;
    const std::int64_t query_width = checked_product({attention.heads, head_size});
    if (attention.query_rank > 0) {
      list_.projection(query_down, query_down_bias, attention.query_rank, hidden_, attention.bias);
      list_.vector(query_down_norm, attention.query_rank);
      list_.matrix(query_up, query_width, attention.query_rank);
    } else {
      list_.matrix(query, query_width, hidden_);
    }
    list_.projection(kv_down, kv_down_bias, attention.kv_rank + attention.rotary_size, hidden_,
                     attention.bias);
    list_.vector(kv_down_norm, attention.kv_rank);
    list_.matrix(kv_up, checked_product({attention.heads, attention.plain_size + attention.value_size}),
                 attention.kv_rank);
    list_.projection(output, output_bias, hidden_, checked_product({attention.heads, attention.value_size}),
                     attention.bias);
  }

  void operator()(const Mamba& mamba) {  // mamba, falcon_mamba, jamba
    list_.projection(state_input, state_input_bias, 2 * mamba.inner_size, hidden_, mamba.projection_bias);
    convolve(mamba.inner_size, mamba.kernel_size, mamba.convolution_bias);
    list_.matrix(state_parameters, mamba.step_rank + 2 * mamba.state_size, mamba.inner_size);
    if (mamba.norms) {
      list_.vector(step_norm, mamba.step_rank);
      list_.vector(state_input_norm, mamba.state_size);
      list_.vector(state_output_norm, mamba.state_size);
    }
    list_.projection(step, step_bias, mamba.inner_size, mamba.step_rank, true);
    list_.kept(decay, mamba.inner_size, mamba.state_size);
    list_.vector(skip, mamba.inner_size);
    list_.projection(state_output, state_output_bias, hidden_, mamba.inner_size, mamba.projection_bias);
  }

  void operator()(const Mamba2& mamba) {  // mamba2, nemotron_h, granitemoehybrid
    list_.projection(state_input, state_input_bias, mamba.inner_size() + mamba.convolved_size() + mamba.heads,
                     hidden_, mamba.projection_bias);
    convolve(mamba.convolved_size(), mamba.kernel_size, mamba.convolution_bias);
    list_.vector(step_bias, mamba.heads);
    list_.vector(decay, mamba.heads);
    list_.vector(skip, mamba.heads);
    list_.vector(state_norm, mamba.inner_size());
    list_.projection(state_output, state_output_bias, hidden_, mamba.inner_size(), mamba.projection_bias);
  }

  void operator()(const GatedDeltaNet& net) {  // qwen3_next
    const std::int64_t value_width = checked_product({net.value_heads, net.value_size});
    list_.matrix(state_input, net.convolved_size() + value_width, hidden_);
    list_.matrix(gates, 2 * net.value_heads, hidden_);
    convolve(net.convolved_size(), net.kernel_size, false);
    list_.vector(step_bias, net.value_heads);
    list_.vector(decay, net.value_heads);
    list_.vector(state_norm, net.value_size);
    list_.matrix(state_output, hidden_, value_width);
  }

  void operator()(const Linear& linear) {
    list_.projection(mixer_linear, mixer_linear_bias, hidden_, hidden_, linear.bias);
  }

 private:
  void query_key_norms(const Attention& attention, std::int64_t query_width, std::int64_t kv_width) {
    switch (attention.query_key_norm) {
      case QueryKeyNorm::none:
      case QueryKeyNorm::unweighted:
        return;
      case QueryKeyNorm::per_head:
        list_.vector(query_norm, attention.head_size);
        list_.vector(key_norm, attention.head_size);
        return;
      case QueryKeyNorm::each_head:
      case QueryKeyNorm::whole:
        list_.vector(query_norm, query_width);
        list_.vector(key_norm, kv_width);
        return;
    }
  }

  void convolve(std::int64_t channels, std::int64_t kernel_size, bool has_bias) {
    list_.kept(convolution, channels, kernel_size);
    if (has_bias) list_.vector(convolution_bias, channels);
  }

  ShapeList& list_;
  std::int64_t hidden_;
};

class FeedForwardWeights {
 public:
  FeedForwardWeights(ShapeList& list, std::int64_t hidden_size) : list_{list}, hidden_{hidden_size} {}

  void operator()(std::monostate) {}

  void operator()(const Mlp& mlp) {
    if (mlp.gated) list_.projection(gate, gate_bias, mlp.width, hidden_, mlp.bias);
    list_.projection(up, up_bias, mlp.width, hidden_, mlp.bias);
    list_.projection(down, down_bias, hidden_, mlp.width, mlp.bias);
  }

  void operator()(const Experts& experts) {
    list_.kept(router, experts.router_outputs(), hidden_);
    if (experts.router_bias) list_.vector(router_bias, experts.router_outputs());
    const std::int64_t width = experts.expert.width;
    if (experts.expert.gated) list_.experts(expert_gate, expert_gate_bias, width, hidden_, experts);
    list_.experts(expert_up, expert_up_bias, width, hidden_, experts);
    list_.experts(expert_down, expert_down_bias, hidden_, width, experts);
    if (experts.shared) (*this)(*experts.shared);
    if (experts.shared_gate) list_.vector(shared_gate, hidden_);
  }

  void operator()(const Linear& linear) {
    list_.projection(mlp_linear, mlp_linear_bias, hidden_, hidden_, linear.bias);
  }

 private:
  ShapeList& list_;
  std::int64_t hidden_;
};

void add_alternating_updates(ShapeList& list, const AlternatingUpdates& updates, std::int64_t hidden) {
  list.matrix(prediction, updates.copies * updates.copies, updates.copies);
  list.matrix(correction, updates.copies, updates.copies);
  list.vector(correction_scale, hidden);
  list.matrix(update_router, updates.copies, hidden);
  list.vector(update_router_norm, hidden);
  list.matrix(laurel_down, updates.laurel_rank, hidden);
  list.matrix(laurel_up, hidden, updates.laurel_rank);
  list.vector(laurel_norm, hidden);
  list.matrix(layer_embedding_gate, updates.layer_embedding_size, hidden);
  list.matrix(layer_embedding_up, hidden, updates.layer_embedding_size);
  list.vector(layer_embedding_norm, hidden);
}

/// What all layers share of the alternating updates (gemma3n: Gemma3nTextModel).
void add_shared_updates(ShapeList& list, const Model& model, const AlternatingUpdates& updates) {
  const std::int64_t width = checked_product({layer_count(model), updates.layer_embedding_size});
  list.outer(layer_embedding, model.layer_embedding_vocabulary, width);
  list.outer(layer_embedding_projection, width, model.hidden_size);
  list.vector(layer_embedding_projection_norm, updates.layer_embedding_size);
  // One for every copy of the hidden state but the first.
  const std::int64_t rows = checked_product({updates.copies - 1, model.hidden_size});
  list.outer(update_projection, rows, model.hidden_size);
  list.outer(update_unprojection, rows, model.hidden_size);
}

}  // namespace

WeightShapes layer_weights(const Model& model, const Layer& layer) {
  const std::int64_t hidden = model.hidden_size;
  ShapeList list;
  if (layer.norm_before_mixer) list.norm(model, mixer_norm, mixer_norm_bias);
  std::visit(MixerWeights{list, hidden}, layer.mixer);
  if (layer.norm_after_each) list.vector(after_mixer_norm, hidden);
  if (layer.norm_before_mlp) list.norm(model, mlp_norm, mlp_norm_bias);
  std::visit(FeedForwardWeights{list, hidden}, layer.feed_forward);
  if (layer.norm_after_each) list.vector(after_mlp_norm, hidden);
  if (layer.alternating_updates) add_alternating_updates(list, *layer.alternating_updates, hidden);
  return list.shapes();
}

WeightShapes outer_weights(const Model& model) {
  ShapeList list;
  list.outer(embedding, model.vocabulary, model.hidden_size);
  if (model.positions == Positions::learned)
    list.outer(position_embedding, model.max_positions, model.hidden_size);
  if (const auto& updates = first_layer(model).alternating_updates) add_shared_updates(list, model, *updates);
  list.norm(model, final_norm, final_norm_bias);
  if (!model.tied_embeddings) list.outer(head, model.vocabulary, model.hidden_size);
  if (model.head_bias) list.vector(head_bias, model.vocabulary);
  return list.shapes();
}

}  // namespace calibram
