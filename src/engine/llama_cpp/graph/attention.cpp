// SPDX-License-Identifier: MIT
// Self-attention over the cache, with and without flash attention.
#include "src/engine/llama_cpp/graph/pass.hpp"

namespace calibram::llama_cpp {

/// llm_graph_context::build_qkv: queries, keys and values seen as heads.
Pass::Heads Pass::project(const Attention& attention, Tensor normed) {
  const std::int64_t tokens = shape_.tokens, width = attention.head_size,
                     of_value = attention.value_elements();
  const Shape queries{width, attention.heads, tokens}, keys{width, attention.kv_heads, tokens};
  const Shape values{of_value, attention.kv_heads, tokens};
  if (projects_at_once_) {
    const std::int64_t rows = width * (attention.heads + attention.kv_heads) + of_value * attention.kv_heads;
    const Tensor all = product(normed, rows, attention.input_bias);
    return {graph_.view(all, queries), graph_.view(all, keys), graph_.view(all, values)};
  }
  const auto apart = [&](const Shape& shape, bool is_normed) {
    Tensor made = product(normed, shape.sizes[0] * shape.sizes[1], attention.input_bias);
    if (is_normed && attention.query_key_norm == QueryKeyNorm::whole) made = norm(made);
    return graph_.view(made, shape);
  };
  return {apart(queries, true), apart(keys, true), apart(values, false)};
}

/// Queries or keys, normed head by head and rotated.
Tensor Pass::placed(const Attention& attention, Tensor heads) {
  const bool by_head =
      attention.query_key_norm != QueryKeyNorm::none && attention.query_key_norm != QueryKeyNorm::whole;
  const bool has_weight = attention.query_key_norm != QueryKeyNorm::unweighted;
  if (by_head && !rules_.norms_rotated) heads = norm(heads, has_weight);
  if (attention.rotary_size > 0) heads = graph_.in_place({heads, positions()});
  return by_head && rules_.norms_rotated ? norm(heads, has_weight) : heads;
}

Tensor Pass::attention(const Attention& attention, Tensor normed) {
  const Heads heads = project(attention, normed);
  Tensor queries = placed(attention, heads.queries);
  if (rules_.scales_queries) queries = scaled(queries);
  if (rules_.scales_unrotated && attention.rotary_size == 0) {
    if (scales_by_position_ == no_tensor) scales_by_position_ = graph_.input({1, 1, shape_.tokens});
    queries = graph_.in_place({queries, scales_by_position_});
  }
  const Tensor keys = placed(attention, heads.keys);
  const bool is_windowed = attention.window || attention.chunk;
  const Tensor joined = attend(attention, is_windowed, queries, keys, heads.values);
  return product(joined, model_.hidden_size, attention.output_bias);
}

/// ggml_mul_mat_aux of src/llama-graph.cpp: each piece of a head by the same matrix. A part of a wider
/// projection is copied for it.
Tensor Pass::rotated(Tensor source, Tensor rotation) {
  const Shape whole = graph_.shape(source);
  const std::int64_t piece = size(rotation, 0);
  const Shape pieces{piece, whole.elements() / piece};
  const Tensor cut = is_part(source) ? graph_.compute(pieces, {source}) : graph_.view(source, pieces);
  return graph_.view(graph_.compute(pieces, {rotation, cut}), whole);
}

/// llama_kv_cache::cpy_k and cpy_v
void Pass::store(CacheInputs& inputs, Tensor keys, Tensor values) {
  const auto flat = [&](Tensor heads) {
    return graph_.view(heads, {size(heads, 0) * size(heads, 1), shape_.tokens});
  };
  // A part of a wider projection cannot be seen as single elements, which transposing takes, without a copy.
  if (!shape_.flash && is_part(values)) values = graph_.compute(graph_.shape(values), {values});
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
  const bool apart = is_windowed && shape_.parts_windows;
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
  graph_.expand(shape_.parts_windows ? keys : values);
  graph_.expand(shape_.parts_windows ? values : keys);
  store(inputs, keys, values);
  const std::int64_t cells = apart ? shape_.windowed_cells : shape_.cells;
  mask(inputs, cells);
  Tensor joined = weighed_values(attention, inputs, cells, queries);
  graph_.expand(joined);
  if (shape_.rotates_values) joined = rotated(joined, inputs.value_rotation);
  return joined;
}

/// Flash attention reads no FP32 cache: it gets an FP16 copy of it.
Tensor Pass::narrowed(ElementType type, Shape cache) {
  return type == ElementType::f32 ? graph_.compute(cache.as(ElementType::f16), {}) : no_tensor;
}

Tensor Pass::weighed_values(const Attention& attention, const CacheInputs& inputs, std::int64_t cells,
                            Tensor queries) {
  const std::int64_t tokens = shape_.tokens / shape_.streams, heads = attention.heads;
  const std::int64_t width = attention.value_elements();
  const Shape joined{width * heads, shape_.tokens};
  const Tensor seen = graph_.view(queries, {attention.head_size, tokens, heads, shape_.streams});
  if (shape_.flash) {
    const Tensor keys =
        narrowed(shape_.key, {attention.head_size, cells, attention.kv_heads, shape_.streams});
    const Tensor values = narrowed(shape_.value, {width, cells, attention.kv_heads, shape_.streams});
    return graph_.view(
        graph_.compute({width, heads, tokens, shape_.streams}, {seen, keys, values, inputs.mask}), joined);
  }
  Tensor scores = graph_.compute({cells, tokens, heads, shape_.streams}, {seen});
  if (rules_.caps_scores) scores = soft_capped(scores);
  scores = graph_.in_place({scores, inputs.mask});
  const Tensor sums = graph_.compute({width, tokens, heads, shape_.streams}, {scores});
  return graph_.compute(joined, {graph_.view(sums, {width, heads, tokens, shape_.streams})});
}

}  // namespace calibram::llama_cpp
