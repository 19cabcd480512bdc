// SPDX-License-Identifier: MIT
// Attention in the decoder pass: projections, the cache's growth, and the mixing of values.
#include "src/engine/decoder/decoder.hpp"

#include <utility>

namespace calibram {

Tensor Decoder::attention(const Attention& attention, LayerState& state, Input& normed, StepShape shape) {
  const WeightSet& weights = state.weights;
  // A functional runtime's first cache is the projections themselves.
  const bool becomes_cache = runtime_.cache_growth == CacheGrowth::concatenated && shape.start == 0;
  const Term kept = becomes_cache ? Term::kv_cache : Term::activation;
  Tensor queries = linear(normed.tensor, weights[WeightName::query], weights[WeightName::query_bias],
                          IndexRange{0, attention.heads * attention.head_size});
  Tensor gate = gate_of(attention, weights, normed.tensor);
  Tensor keys, values;
  if (attention.owns_cache) {
    keys = linear(normed.tensor, weights[WeightName::key], weights[WeightName::key_bias], kept);
    values = linear(normed.tensor, weights[WeightName::value], weights[WeightName::value_bias], kept);
  }
  drop(normed);
  norm_heads(attention, weights[WeightName::query_norm], queries);
  norm_heads(attention, weights[WeightName::key_norm], keys);
  Tensor angles = gather_angles(attention, shape);
  rotate(queries, attention.heads, attention, shape);
  rotate(keys, attention.kv_heads, attention, shape);
  ops_.release(angles);
  if (attention.owns_cache) grow_cache(attention, state, keys, values, shape);
  const KvCache& cache = state.shared_cache ? *state.shared_cache : state.cache;
  Tensor mixed = attend(attention, queries, cache, weights[WeightName::sinks].values, shape);
  drop(queries);
  if (attention.output_gate) ops_.multiply(mixed, gate, mixed);
  ops_.release(gate);
  Tensor out = linear(mixed, weights[WeightName::output], weights[WeightName::output_bias]);
  ops_.release(mixed);
  ops_.release(queries);
  ops_.release(keys);
  ops_.release(values);
  return out;
}

/// What attention's output is multiplied with; empty where it has no gate.
Tensor Decoder::gate_of(const Attention& attention, const WeightSet& weights, const Tensor& input) {
  if (!attention.output_gate) return {};
  const std::int64_t width = attention.heads * attention.head_size;
  Tensor gate =
      linear(input, weights[WeightName::query], weights[WeightName::query_bias], IndexRange{width, width});
  ops_.activate(Activation::sigmoid, gate, gate);
  return gate;
}

void Decoder::grow_cache(const Attention& attention, LayerState& state, Tensor& keys, Tensor& values,
                         StepShape shape) {
  if (runtime_.cache_growth != CacheGrowth::concatenated) {
    ops_.append(keys, values, shape, state.cache);
    drop(keys);
    drop(values);
    return;
  }
  if (shape.start == 0) {
    state.cache.keys = std::exchange(keys, {});
    state.cache.values = std::exchange(values, {});
    state.cache.capacity = shape.tokens;
    return;
  }
  // torch.cat, keys first: old and new stand side by side, and the old one goes when nothing names it.
  const std::int64_t rows = checked_product({shape.batch, shape.length()});
  KvCache grown;
  grown.capacity = shape.length();
  grown.keys = ops_.allocate(Term::kv_cache, element_, rows, attention.kv_heads * attention.head_size);
  concatenate(&KvCache::keys, grown, state, shape);
  grown.values =
      ops_.allocate(Term::kv_cache, element_, rows, attention.kv_heads * attention.value_elements());
  concatenate(&KvCache::values, grown, state, shape);
  state.cache = grown;
  ops_.append(keys, values, shape, state.cache);
}

void Decoder::concatenate(Tensor KvCache::*part, const KvCache& grown, LayerState& state, StepShape shape) {
  KvCache from, to;
  from.*part = state.cache.*part;
  from.capacity = state.cache.capacity;
  to.*part = grown.*part;
  to.capacity = grown.capacity;
  ops_.copy_cache(from, shape.start, to);
  if (runtime_.keeps_previous_cache)
    state.previous_cache.*part = std::exchange(state.cache.*part, {});
  else
    ops_.release(state.cache.*part);
}

Tensor Decoder::attend(Attention attention, const Tensor& queries, KvCache cache, const Tensor& sinks,
                       StepShape shape) {
  Tensor expanded_keys, expanded_values;
  if (runtime_.expands_cache && attention.heads != attention.kv_heads) {
    expanded_keys = allocate(cache.keys.rows, attention.heads * attention.head_size);
    ops_.expand_heads(attention, cache.keys, expanded_keys);
    expanded_values = allocate(cache.values.rows, attention.heads * attention.value_elements());
    ops_.expand_heads(attention, cache.values, expanded_values);
    cache.keys = expanded_keys;
    cache.values = expanded_values;
    attention.kv_heads = attention.heads;
  }
  Tensor out;
  if (runtime_.attention == AttentionKind::eager) {
    out = attend_eagerly(attention, queries, cache, sinks, shape);
  } else {
    out = allocate(queries.rows, attention.heads * attention.value_elements());
    // FlashAttention returns the log-sum-exp of every row and head in FP32 (flash_api.cpp, softmax_lse).
    Tensor log_sum_exp;
    if (runtime_.functional) {
      log_sum_exp = ops_.allocate(Term::activation, Element::fp32, queries.rows, attention.heads);
      ops_.fill_zeros(log_sum_exp);
    }
    ops_.attend(attention, queries, cache, sinks, shape, out);
    ops_.release(log_sum_exp);
  }
  ops_.release(expanded_keys);
  ops_.release(expanded_values);
  return out;
}

Tensor Decoder::attend_eagerly(const Attention& attention, const Tensor& queries, const KvCache& cache,
                               const Tensor& sinks, StepShape shape) {
  const std::int64_t rows = checked_product({shape.rows(), attention.heads});
  Tensor scores = allocate(rows, shape.length());
  ops_.score(attention, queries, cache, shape, scores);
  Tensor probabilities;
  if (runtime_.functional) {
    // softmax(scores, dtype=float32).to(dtype): three tensors at once (modeling_*.py, eager path).
    Tensor wide = ops_.allocate(Term::activation, Element::fp32, rows, shape.length());
    ops_.softmax(scores, sinks, shape, wide);
    probabilities = wide;
    if (element_ != Element::fp32) {
      probabilities = allocate(rows, shape.length());
      ops_.convert(wide, probabilities);
      ops_.release(wide);
    }
  } else {
    probabilities = allocate(rows, shape.length());
    ops_.softmax(scores, sinks, shape, probabilities);
  }
  ops_.release(scores);
  Tensor out = allocate(queries.rows, attention.heads * attention.value_elements());
  ops_.mix(attention, probabilities, cache, shape, out);
  ops_.release(probabilities);
  return out;
}

}  // namespace calibram
