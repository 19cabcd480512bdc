// SPDX-License-Identifier: MIT
// The graph of one micro-batch, as llama.cpp builds it, while it is being built.
#pragma once

#include "src/engine/llama_cpp/graph/graph_rules.hpp"
#include "src/engine/llama_cpp/graph/tensor_graph.hpp"
#include "src/model/model.hpp"

namespace calibram::llama_cpp {

/// What the graph depends on beside the model.
struct PassShape {
  std::int64_t tokens = 512;        ///< of the micro-batch, all sequences together
  std::int64_t outputs = 512;       ///< tokens whose logits are wanted
  std::int64_t streams = 1;         ///< caches that are kept apart, each with as many of the tokens
  std::int64_t cells = 0;           ///< of the cache of one stream
  std::int64_t windowed_cells = 0;  ///< the same, of layers with a window
  bool flash = true;
  bool embeds_on_host = false;  ///< the embedding's rows come from another device
  bool rotates_keys = false;    ///< Hadamard rotation before keys are quantised
  bool rotates_values = false;
  bool parts_windows = false;  ///< layers with a window have a cache of their own
  ElementType mask = ElementType::f16;
  ElementType key = ElementType::f16;  ///< of the cache, where it is not quantised
  ElementType value = ElementType::f16;
};

/// What all layers that keep as many cells read.
struct CacheInputs {
  Tensor key_rotation = no_tensor, value_rotation = no_tensor;
  Tensor key_places = no_tensor, value_places = no_tensor;
  Tensor mask = no_tensor;
};

/// Names as in llama.cpp's src/llama-graph.cpp, whose order of calls is kept.
class Pass {
 public:
  Pass(const Model& model, const GraphRules& rules, const PassShape& shape);

  /// @throws InputError for layers of which the graph is not known
  TensorGraph build();

 private:
  // pass.cpp
  Tensor embed();
  Tensor layer(const Layer& layer, Tensor input, bool is_last);
  Tensor mixed(const Layer& layer, Tensor normed);
  Tensor parallel_sum(Tensor input, Tensor mixed, Tensor mlp);
  void finish(Tensor hidden);

  // operations.cpp
  Tensor product(Tensor source, std::int64_t rows, bool bias = false);
  Tensor norm(Tensor source, bool weight);
  Tensor norm(Tensor source) { return norm(source, model_.norm_weight); }
  Tensor scaled(Tensor source) { return graph_.in_place({source}); }
  Tensor unary(Tensor source) { return graph_.in_place({source}); }
  Tensor sum(Tensor a, Tensor b) { return graph_.in_place({a, b}); }
  Tensor rows(Tensor source);
  /// Whether it is a view of only some columns of another tensor.
  bool is_part(Tensor tensor) const;
  Tensor soft_capped(Tensor source) { return scaled(unary(scaled(source))); }
  std::int64_t size(Tensor tensor, std::size_t dimension) const {
    return graph_.shape(tensor).sizes[dimension];
  }

  // attention.cpp
  struct Heads {
    Tensor queries, keys, values;
  };
  Tensor attention(const Attention& attention, Tensor normed);
  Heads project(const Attention& attention, Tensor normed);
  Tensor placed(const Attention& attention, Tensor heads);
  Tensor attend(const Attention& attention, bool is_windowed, Tensor queries, Tensor keys, Tensor values);
  Tensor weighed_values(const Attention& attention, const CacheInputs& inputs, std::int64_t cells,
                        Tensor queries);
  Tensor rotated(Tensor source, Tensor rotation);
  Tensor narrowed(ElementType type, Shape cache);
  void store(CacheInputs& inputs, Tensor keys, Tensor values);
  Tensor mask(CacheInputs& inputs, std::int64_t cells);
  Tensor positions();

  // latent.cpp
  Tensor latent_attention(const LatentAttention& latent, Tensor normed);
  Tensor latent_queries(const LatentAttention& latent, Tensor normed);
  Tensor attend_latent(const LatentAttention& latent, Tensor queries);

  // feed_forward.cpp
  Tensor feed_forward(const Layer& layer, Tensor normed);
  Tensor mlp(const Mlp& mlp, Tensor source);
  Tensor experts(const Experts& experts, Tensor source);
  Tensor routed(const Experts& experts, Tensor source, Tensor selected, Tensor weights);
  Tensor expert_weights(const Experts& experts, Tensor probabilities, Tensor selected);
  Tensor shared_expert(const Experts& experts, Tensor source);

  const Model& model_;
  const GraphRules& rules_;
  const PassShape& shape_;
  TensorGraph graph_;
  bool projects_at_once_, gates_at_once_, biases_choice_;
  Tensor positions_ = no_tensor, output_rows_ = no_tensor, scales_by_position_ = no_tensor;
  CacheInputs whole_, windowed_;
};

}  // namespace calibram::llama_cpp
