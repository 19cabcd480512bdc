// SPDX-License-Identifier: MIT
// Self-attention over the cache, with and without flash attention.
#include "src/engine/llama_cpp/graph/pass.hpp"

namespace calibram::llama_cpp {

/// Queries, keys or values: projected, seen as heads, normed and rotated.
Tensor Pass::heads(const Attention& attention, Tensor normed, std::int64_t count, bool is_normed,
                   bool is_rotated) {
  const std::int64_t width = is_normed || is_rotated ? attention.head_size : attention.value_elements();
  Tensor made = product(normed, count * width, attention.input_bias);
  if (is_normed && attention.query_key_norm == QueryKeyNorm::whole) made = norm(made);
  made = graph_.view(made, {width, count, shape_.tokens});
  const bool by_head =
      attention.query_key_norm != QueryKeyNorm::none && attention.query_key_norm != QueryKeyNorm::whole;
  if (is_normed && by_head) made = norm(made, attention.query_key_norm != QueryKeyNorm::unweighted);
  return is_rotated && attention.rotary_size > 0 ? graph_.in_place({made, positions()}) : made;
}

Tensor Pass::attention(const Layer& layer, const Attention& attention, Tensor normed) {
  const bool has_norm = attention.query_key_norm != QueryKeyNorm::none;
  Tensor queries = heads(attention, normed, attention.heads, has_norm, true);
  if (rules_.scales_queries) queries = scaled(queries);
  const Tensor keys = heads(attention, normed, attention.kv_heads, has_norm, true);
  const Tensor values = heads(attention, normed, attention.kv_heads, false, false);
  const bool is_windowed = attention.window || attention.chunk;
  static_cast<void>(layer);
  const Tensor joined = attend(attention, is_windowed, queries, keys, values);
  return product(joined, model_.hidden_size, attention.output_bias);
}

/// ggml_mul_mat_aux of src/llama-graph.cpp: each piece of a head by the same matrix.
Tensor Pass::rotated(Tensor source, Tensor rotation) {
  const Shape whole = graph_.shape(source);
  const std::int64_t piece = size(rotation, 0);
  const Shape pieces{piece, whole.elements() / piece};
  return graph_.view(graph_.compute(pieces, {rotation, graph_.view(source, pieces)}), whole);
}

/// llama_kv_cache::cpy_k and cpy_v
void Pass::store(CacheInputs& inputs, Tensor keys, Tensor values) {
  const auto flat = [&](Tensor heads) {
    return graph_.view(heads, {size(heads, 0) * size(heads, 1), shape_.tokens});
  };
  if (inputs.key_places == no_tensor) {
    inputs.key_places = graph_.input(Shape{shape_.tokens}.as(ElementType::i64));
    // Without flash attention values are kept transposed, and every element has a place of its own.
    const std::int64_t places = shape_.flash ? shape_.tokens : graph_.shape(values).elements();
    inputs.value_places = graph_.input(Shape{places}.as(ElementType::i64));
  }
  graph_.expand(graph_.store({flat(keys), inputs.key_places}));
  graph_.expand(graph_.store({flat(values), inputs.value_places}));
}

Tensor Pass::mask(CacheInputs& inputs, std::int64_t cells) {
  if (inputs.mask == no_tensor)
    inputs.mask = graph_.input(Shape{cells, shape_.tokens / shape_.streams, 1, shape_.streams}.as(
        shape_.flash ? shape_.mask : ElementType::f32));
  return inputs.mask;
}

/// llm_graph_context::build_attn and build_attn_mha
Tensor Pass::attend(const Attention& attention, bool is_windowed, Tensor queries, Tensor keys,
                    Tensor values) {
  const bool apart = is_windowed && rules_.windowed_cache;
  CacheInputs& inputs = apart ? windowed_ : whole_;
  const auto rotation = [&](Tensor& matrix, std::int64_t piece) {
    if (matrix == no_tensor) matrix = graph_.input({piece, piece});
    return matrix;
  };
  if (shape_.rotates_keys) {
    std::int64_t piece = 64;
    while (attention.head_size % (2 * piece) == 0) piece *= 2;
    queries = rotated(queries, rotation(inputs.key_rotation, piece));
    keys = rotated(keys, inputs.key_rotation);
  }
  if (shape_.rotates_values) values = rotated(values, rotation(inputs.value_rotation, 64));
  graph_.expand(queries);
  graph_.expand(rules_.windowed_cache ? keys : values);
  graph_.expand(rules_.windowed_cache ? values : keys);
  store(inputs, keys, values);
  const std::int64_t cells = apart ? shape_.windowed_cells : shape_.cells;
  mask(inputs, cells);
  Tensor joined = weighed_values(attention, inputs, cells, queries);
  graph_.expand(joined);
  if (shape_.rotates_values) joined = rotated(joined, inputs.value_rotation);
  return joined;
}

Tensor Pass::weighed_values(const Attention& attention, const CacheInputs& inputs, std::int64_t cells,
                            Tensor queries) {
  const std::int64_t tokens = shape_.tokens / shape_.streams, heads = attention.heads;
  const std::int64_t width = attention.value_elements();
  const Shape joined{width * heads, shape_.tokens};
  const Tensor seen = graph_.view(queries, {attention.head_size, tokens, heads, shape_.streams});
  if (shape_.flash)
    return graph_.view(graph_.compute({width, heads, tokens, shape_.streams}, {seen, inputs.mask}), joined);
  Tensor scores = graph_.compute({cells, tokens, heads, shape_.streams}, {seen});
  if (rules_.caps_scores) scores = soft_capped(scores);
  scores = graph_.in_place({scores, inputs.mask});
  const Tensor sums = graph_.compute({width, tokens, heads, shape_.streams}, {scores});
  return graph_.compute(joined, {graph_.view(sums, {width, heads, tokens, shape_.streams})});
}

}  // namespace calibram::llama_cpp
