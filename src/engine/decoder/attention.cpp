// SPDX-License-Identifier: MIT
// Attention in the decoder pass: projections, the cache's growth, and the mixing of values.
#include "src/engine/decoder/decoder.hpp"

#include <algorithm>
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
  norm_heads(attention, weights[WeightName::query_norm], queries);
  Tensor keys, values;
  if (attention.owns_cache) {
    keys = linear(normed.tensor, weights[WeightName::key], weights[WeightName::key_bias], kept);
    norm_heads(attention, weights[WeightName::key_norm], keys);
    values = linear(normed.tensor, weights[WeightName::value], weights[WeightName::value_bias], kept);
  }
  drop(normed);
  NamedTensors named;
  rotate_both(queries, keys, attention, shape, named);
  if (attention.owns_cache) grow_cache(attention, state, keys, values, shape);
  const bool caches_view = runtime_.joins_projections && becomes_cache && !runtime_.copies_first_cache;
  if (caches_view) state.beside_values.assign(named.begin(), named.end());
  if (caches_view) named.clear();
  const KvCache& cache = state.shared_cache ? *state.shared_cache : state.cache;
  Tensor mixed = attend(attention, queries, cache, weights[WeightName::sinks].values, shape, named);
  drop(queries);
  if (attention.output_gate) ops_.multiply(mixed, gate, mixed);
  ops_.release(gate);
  Tensor out = linear(mixed, weights[WeightName::output], weights[WeightName::output_bias]);
  ops_.release(mixed);
  ops_.release(queries);
  ops_.release(keys);
  ops_.release(values);
  for (Tensor& tensor : named) ops_.release(tensor);
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
  if (shape.start == 0) return start_cache(state, keys, values, shape);
  // torch.cat, keys first: old and new stand side by side, and the old one goes when nothing names it.
  KvCache grown;
  grown.capacity = slid_length(attention, shape.length());
  const std::int64_t rows = checked_product({shape.batch, grown.capacity});
  grown.keys = ops_.allocate(Term::kv_cache, element_, rows, attention.kv_heads * attention.head_size);
  concatenate(&KvCache::keys, grown, state, shape);
  grown.values =
      ops_.allocate(Term::kv_cache, element_, rows, attention.kv_heads * attention.value_elements());
  concatenate(&KvCache::values, grown, state, shape);
  if (!runtime_.keeps_previous_cache) release_beside_values(state);
  state.cache = grown;
  ops_.append(keys, values, shape, state.cache);
}

/// What a cache of this many positions holds after a step of one token. A sliding one keeps the window less
/// one token and concatenates the new one (cache_utils.py, DynamicSlidingWindowLayer); after the prompt it is
/// a view of all of it.
std::int64_t Decoder::slid_length(const Attention& attention, std::int64_t length) const {
  return runtime_.slides_cache && attention.window ? std::min(length, *attention.window) : length;
}

/// The projections become the cache, or torch.cat() of nothing and them does (DynamicLayer.update
/// since 4.56).
void Decoder::start_cache(LayerState& state, Tensor& keys, Tensor& values, StepShape shape) {
  state.cache.capacity = shape.tokens;
  if (!runtime_.copies_first_cache) {
    state.cache.keys = std::exchange(keys, {});
    state.cache.values = std::exchange(values, {});
    return;
  }
  state.cache.keys = duplicate(keys, Term::kv_cache);
  state.cache.values = duplicate(values, Term::kv_cache);
  ops_.release(keys);
  ops_.release(values);
}

void Decoder::release_beside_values(LayerState& state) {
  for (Tensor& tensor : state.beside_values) ops_.release(tensor);
  state.beside_values.clear();
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
                       StepShape shape, NamedTensors& named) {
  // A functional runtime's first cache may be the projections, whose heads follow positions in memory.
  bool heads_first = shape.start > 0 || shape.tokens == 1 || runtime_.copies_first_cache;
  NamedTensors expanded;
  if (runtime_.expands_cache && attention.heads != attention.kv_heads) {
    Tensor keys = allocate(cache.keys.rows, attention.heads * attention.head_size);
    ops_.expand_heads(attention, cache.keys, keys);
    Tensor values = allocate(cache.values.rows, attention.heads * attention.value_elements());
    ops_.expand_heads(attention, cache.values, values);
    cache.keys = keys;
    cache.values = values;
    attention.kv_heads = attention.heads;
    expanded = {keys, values};
    heads_first = true;
  }
  Tensor out;
  if (runtime_.attention != AttentionKind::eager)
    out = attend_streaming(attention, queries, cache, sinks, shape, heads_first);
  else if (runtime_.functional)
    out = attend_by_matmul(attention, queries, cache, sinks, shape, heads_first, named);
  else
    out = attend_eagerly(attention, queries, cache, sinks, shape);
  for (Tensor& tensor : expanded) {
    if (runtime_.attention_is_one_function)
      named.push_back(tensor);
    else
      ops_.release(tensor);
  }
  return out;
}

Tensor Decoder::attend_streaming(const Attention& attention, const Tensor& queries, const KvCache& cache,
                                 const Tensor& sinks, StepShape shape, bool heads_first) {
  // query.contiguous(), key.contiguous(), value.contiguous(); of one position, all orders are the same.
  const bool reorders = runtime_.reorders_heads && shape.tokens > 1;
  NamedTensors copies;
  if (reorders) copies.push_back(duplicate(queries));
  if (reorders && !heads_first) {
    copies.push_back(duplicate(cache.keys));
    copies.push_back(duplicate(cache.values));
  }
  Tensor out = allocate(queries.rows, attention.heads * attention.value_elements());
  // FlashAttention returns the log-sum-exp of every row and head in FP32 (flash_api.cpp, softmax_lse).
  Tensor log_sum_exp;
  if (runtime_.functional) {
    log_sum_exp = ops_.allocate(Term::activation, Element::fp32, queries.rows, attention.heads);
    ops_.fill_zeros(log_sum_exp);
  }
  ops_.attend(attention, queries, cache, sinks, shape, out);
  ops_.release(log_sum_exp);
  if (reorders) become_copy(out);  // attn_output.transpose(1, 2).contiguous()
  for (Tensor& copy : copies) ops_.release(copy);
  return out;
}

/// softmax(scores, dtype=float32).to(dtype). CUDA reads FP16 scores directly; BF16 ones are converted first
/// (aten/src/ATen/native/SoftMax.cpp, softmax with a dtype).
Tensor Decoder::functional_softmax(const Tensor& scores, const Tensor& sinks, StepShape shape) {
  const auto allocate_wide = [&] {
    return ops_.allocate(Term::activation, Element::fp32, scores.rows, scores.columns);
  };
  Tensor converted;
  if (question_.kv->name == "bf16") {
    converted = allocate_wide();
    ops_.convert(scores, converted);
  }
  Tensor wide = allocate_wide();
  ops_.softmax(scores, sinks, shape, wide);
  ops_.release(converted);
  if (element_ == Element::fp32) return wide;
  Tensor narrow = allocate(scores.rows, scores.columns);
  ops_.convert(wide, narrow);
  ops_.release(wide);
  return narrow;
}

/// torch.matmul() of several sequences needs heads before positions, and copies what is not so; the scaled
/// and the masked scores are tensors of their own (modeling_*.py, eager attention).
Tensor Decoder::attend_by_matmul(const Attention& attention, const Tensor& queries, const KvCache& cache,
                                 const Tensor& sinks, StepShape shape, bool heads_first,
                                 NamedTensors& named) {
  const bool copies_queries = shape.batch > 1 && shape.tokens > 1;
  const bool copies_cache = shape.batch > 1 && !heads_first;
  Tensor query_copy = copies_queries ? duplicate(queries) : Tensor{};
  Tensor copy = copies_cache ? duplicate(cache.keys) : Tensor{};
  Tensor scores = allocate(checked_product({shape.rows(), attention.heads}), cache.capacity);
  ops_.score(attention, queries, cache, shape, scores);
  ops_.release(query_copy);
  ops_.release(copy);
  become_copy(scores);                      // / sqrt(head_size)
  if (!mask_.empty()) become_copy(scores);  // + mask
  Tensor probabilities = functional_softmax(scores, sinks, shape);
  ops_.release(scores);
  copy = copies_cache ? duplicate(cache.values) : Tensor{};
  Tensor out = allocate(queries.rows, attention.heads * attention.value_elements());
  ops_.mix(attention, probabilities, cache, shape, out);
  ops_.release(copy);
  if (runtime_.attention_is_one_function)
    named.push_back(probabilities);
  else
    attention_weights_ = probabilities;
  if (shape.tokens > 1) become_copy(out);  // transpose(1, 2).contiguous()
  return out;
}

Tensor Decoder::attend_eagerly(const Attention& attention, const Tensor& queries, const KvCache& cache,
                               const Tensor& sinks, StepShape shape) {
  const std::int64_t rows = checked_product({shape.rows(), attention.heads});
  Tensor scores = allocate(rows, shape.length());
  ops_.score(attention, queries, cache, shape, scores);
  Tensor probabilities = allocate(rows, shape.length());
  ops_.softmax(scores, sinks, shape, probabilities);
  ops_.release(scores);
  Tensor out = allocate(queries.rows, attention.heads * attention.value_elements());
  ops_.mix(attention, probabilities, cache, shape, out);
  ops_.release(probabilities);
  return out;
}

}  // namespace calibram
