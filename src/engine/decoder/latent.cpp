// SPDX-License-Identifier: MIT
// Latent attention in the decoder pass: keys and values of all heads are one latent vector, cached as it is.
#include "src/engine/decoder/decoder.hpp"

namespace calibram {
namespace {

/// A head's queries and keys: the elements that are rotated come first.
Attention heads_of(const LatentAttention& latent) {
  Attention attention;
  attention.heads = attention.kv_heads = latent.heads;
  attention.head_size = latent.rotary_size + latent.plain_size;
  attention.rotary_size = latent.rotary_size;
  return attention;
}

}  // namespace

// The projections out of the latent space are moved to the queries and the result, so that the cache is read
// as it is ("absorbed": DeepSeek-V2, arXiv:2405.04434, section 2.1.2): every head attends to one KV head.
Tensor Decoder::attention(const LatentAttention& attention, LayerState& state, Input& normed,
                          StepShape shape) {
  const WeightSet& weights = state.weights;
  Tensor queries = project_latent_queries(attention, weights, normed.tensor, shape);
  Tensor latent = project_latent(attention, weights, normed.tensor, shape);
  drop(normed);
  ops_.append(latent, {}, shape, state.cache);
  ops_.release(latent);
  const Attention absorbed = absorbed_attention(attention);
  Tensor absorbed_queries = allocate(queries.rows, absorbed.heads * absorbed.head_size);
  ops_.absorb_queries(attention, queries, weights[WeightName::kv_up], absorbed_queries);
  ops_.release(queries);
  NamedTensors named;
  Tensor mixed = attend(absorbed, absorbed_queries, state.cache, {}, shape, named);
  for (Tensor& tensor : named) ops_.release(tensor);
  ops_.release(absorbed_queries);
  Tensor values = allocate(mixed.rows, attention.heads * attention.value_size);
  ops_.expand_values(attention, mixed, weights[WeightName::kv_up], values);
  ops_.release(mixed);
  Tensor out = linear(values, weights[WeightName::output], weights[WeightName::output_bias]);
  ops_.release(values);
  return out;
}

/// Rotated queries, [rows, heads * (rotary_size + plain_size)].
Tensor Decoder::project_latent_queries(const LatentAttention& attention, const WeightSet& weights,
                                       const Tensor& input, StepShape shape) {
  Tensor queries;
  if (attention.query_rank > 0) {
    Tensor down = linear(input, weights[WeightName::query_down], weights[WeightName::query_down_bias]);
    norm_in_place(down, weights[WeightName::query_down_norm]);
    queries = linear(down, weights[WeightName::query_up], {});
    ops_.release(down);
  } else {
    queries = linear(input, weights[WeightName::query], {});
  }
  rotate(queries, attention.heads, heads_of(attention), shape);
  return queries;
}

/// What is cached, [rows, rotary_size + kv_rank]: the rotated part that all heads share, then the normed
/// latent vector.
Tensor Decoder::project_latent(const LatentAttention& attention, const WeightSet& weights,
                               const Tensor& input, StepShape shape) {
  const Weight &down = weights[WeightName::kv_down], &bias = weights[WeightName::kv_down_bias];
  Tensor rotated = linear(input, down, bias, IndexRange{0, attention.rotary_size});
  Tensor latent = linear(input, down, bias, IndexRange{attention.rotary_size, attention.kv_rank});
  norm_in_place(latent, weights[WeightName::kv_down_norm]);
  Tensor both = allocate(input.rows, attention.rotary_size + attention.kv_rank);
  ops_.copy_columns(rotated, 0, rotated.columns, both, 0);
  ops_.copy_columns(latent, 0, latent.columns, both, rotated.columns);
  ops_.release(rotated);
  ops_.release(latent);
  rotate(both, 1, absorbed_attention(attention), shape);
  return both;
}

}  // namespace calibram
