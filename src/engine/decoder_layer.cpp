// SPDX-License-Identifier: MIT
// One layer of the decoder pass: norms, attention with its cache, MLP, residuals.
//
// Liveness follows the runtime. In place, a tensor is freed as soon as nothing reads it. Functional is eager
// PyTorch: each operation returns a new tensor, and an argument lives while a variable of any caller names
// it: the layer's input in the model's loop, the normed input in the layer, until the call returns.
#include "src/engine/decoder.hpp"

#include <utility>

namespace calibram {

Tensor Decoder::run_layer(const Layer& layer, LayerState& state, Tensor input, StepShape shape) {
  const WeightSet& weights = state.weights;
  Tensor normed = norm(input, weights[WeightName::attention_norm], weights[WeightName::attention_norm_bias]);
  Tensor attended = attention(layer, state, normed, shape);
  const auto norm_after = [&](Tensor& x, WeightName name) {
    if (!layer.norm_after_each) return;
    Tensor out = norm(x, weights[name], {});
    ops_.release(x);
    x = out;
  };
  norm_after(attended, WeightName::after_attention_norm);
  Tensor middle = layer.parallel_residual ? attended : add(input, attended);
  if (layer.norm_before_mlp) {
    ops_.release(normed);
    normed = norm(layer.parallel_residual ? input : middle, weights[WeightName::mlp_norm],
                  weights[WeightName::mlp_norm_bias]);
  }
  Tensor fed = mlp(layer, state, normed);
  ops_.release(normed);
  norm_after(fed, WeightName::after_mlp_norm);
  Tensor out = add(middle, fed);
  if (layer.parallel_residual) {
    Tensor sum = add(input, out);
    out = sum;
  }
  ops_.release(middle);
  ops_.release(input);
  return out;
}

Tensor Decoder::attention(const Layer& layer, LayerState& state, Tensor& normed, StepShape shape) {
  const WeightSet& weights = state.weights;
  // A functional runtime's first cache is the projections themselves.
  const bool becomes_cache = runtime_.cache_growth == CacheGrowth::concatenated && shape.start == 0;
  const Term kept = becomes_cache ? Term::kv_cache : Term::activation;
  Tensor queries = linear(normed, weights[WeightName::query], weights[WeightName::query_bias]);
  Tensor keys = linear(normed, weights[WeightName::key], weights[WeightName::key_bias], kept);
  Tensor values = linear(normed, weights[WeightName::value], weights[WeightName::value_bias], kept);
  if (layer.norm_before_mlp) drop(normed);  // otherwise the MLP reads it too
  const Attention& attention = layer.attention;
  norm_heads(queries, weights[WeightName::query_norm]);
  norm_heads(keys, weights[WeightName::key_norm]);
  Tensor angles = gather_angles(attention, shape);
  rotate(queries, attention.heads, layer, shape);
  rotate(keys, attention.kv_heads, layer, shape);
  ops_.release(angles);
  grow_cache(layer, state, keys, values, shape);
  Tensor mixed = attend(layer, state, queries, shape);
  drop(queries);
  Tensor out = linear(mixed, weights[WeightName::output], weights[WeightName::output_bias]);
  ops_.release(mixed);
  ops_.release(queries);
  ops_.release(keys);
  ops_.release(values);
  return out;
}

void Decoder::grow_cache(const Layer& layer, LayerState& state, Tensor& keys, Tensor& values,
                         StepShape shape) {
  if (runtime_.cache_growth == CacheGrowth::reserved) {
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
  const std::int64_t width = layer.attention.kv_heads * layer.attention.head_size;
  KvCache grown;
  grown.capacity = shape.length();
  grown.keys = ops_.allocate(Term::kv_cache, element_, rows, width);
  concatenate(&KvCache::keys, grown, state, shape);
  grown.values = ops_.allocate(Term::kv_cache, element_, rows, width);
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

Tensor Decoder::attend(const Layer& layer, const LayerState& state, const Tensor& queries, StepShape shape) {
  Attention attention = layer.attention;
  KvCache cache = state.cache;
  Tensor expanded_keys, expanded_values;
  if (runtime_.expands_cache && attention.heads != attention.kv_heads) {
    const std::int64_t width = attention.heads * attention.head_size;
    expanded_keys = allocate(cache.keys.rows, width);
    ops_.expand_heads(attention, cache.keys, expanded_keys);
    expanded_values = allocate(cache.values.rows, width);
    ops_.expand_heads(attention, cache.values, expanded_values);
    cache.keys = expanded_keys;
    cache.values = expanded_values;
    attention.kv_heads = attention.heads;
  }
  Tensor out;
  if (runtime_.attention == AttentionKind::eager) {
    out = attend_eagerly(attention, queries, cache, shape);
  } else {
    out = allocate(queries.rows, queries.columns);
    // FlashAttention returns the log-sum-exp of every row and head in FP32 (flash_api.cpp, softmax_lse).
    Tensor log_sum_exp;
    if (runtime_.functional) {
      log_sum_exp = ops_.allocate(Term::activation, Element::fp32, queries.rows, attention.heads);
      ops_.fill_zeros(log_sum_exp);
    }
    ops_.attend(attention, queries, cache, shape, out);
    ops_.release(log_sum_exp);
  }
  ops_.release(expanded_keys);
  ops_.release(expanded_values);
  return out;
}

Tensor Decoder::attend_eagerly(const Attention& attention, const Tensor& queries, const KvCache& cache,
                               StepShape shape) {
  const std::int64_t rows = checked_product({shape.rows(), attention.heads});
  Tensor scores = allocate(rows, shape.length());
  ops_.score(attention, queries, cache, shape, scores);
  Tensor probabilities;
  if (runtime_.functional) {
    // softmax(scores, dtype=float32).to(dtype): three tensors at once (modeling_*.py, eager path).
    Tensor wide = ops_.allocate(Term::activation, Element::fp32, rows, shape.length());
    ops_.softmax(scores, wide);
    probabilities = wide;
    if (element_ != Element::fp32) {
      probabilities = allocate(rows, shape.length());
      ops_.convert(wide, probabilities);
      ops_.release(wide);
    }
  } else {
    probabilities = allocate(rows, shape.length());
    ops_.softmax(scores, probabilities);
  }
  ops_.release(scores);
  Tensor out = allocate(queries.rows, queries.columns);
  ops_.mix(attention, probabilities, cache, shape, out);
  ops_.release(probabilities);
  return out;
}

Tensor Decoder::mlp(const Layer& layer, const LayerState& state, Tensor& normed) {
  const WeightSet& weights = state.weights;
  const Activation activation = layer.mlp.activation;
  const auto activated = [&](WeightName weight, WeightName bias) {
    Tensor x = linear(normed, weights[weight], weights[bias]);
    if (!runtime_.functional) {
      ops_.activate(activation, x, x);
      return x;
    }
    Tensor out = allocate(x.rows, x.columns);
    ops_.activate(activation, x, out);
    ops_.release(x);
    return out;
  };
  Tensor wide;
  if (layer.mlp.gated) {
    wide = activated(WeightName::gate, WeightName::gate_bias);
    Tensor up = linear(normed, weights[WeightName::up], weights[WeightName::up_bias]);
    drop(normed);
    Tensor product = runtime_.functional ? allocate(up.rows, up.columns) : wide;
    ops_.multiply(wide, up, product);
    ops_.release(up);
    if (runtime_.functional) ops_.release(wide);
    wide = product;
  } else {
    wide = activated(WeightName::up, WeightName::up_bias);
    drop(normed);
  }
  Tensor out = linear(wide, weights[WeightName::down], weights[WeightName::down_bias]);
  ops_.release(wide);
  return out;
}

Tensor Decoder::allocate(std::int64_t rows, std::int64_t columns, Term term) {
  return ops_.allocate(term, element_, rows, columns);
}

Tensor Decoder::linear(const Tensor& x, const Weight& weight, const Weight& bias, Term term) {
  if (weight.scales.empty()) {
    Tensor out = allocate(x.rows, weight.outputs, term);
    ops_.matmul(x, weight, bias.values, out);
    return out;
  }
  // W8A8: the activations are quantised row by row, and products are summed exactly in INT32.
  Tensor quantised = ops_.allocate(Term::workspace, Element::int8, x.rows, weight.values.columns);
  Tensor row_scales = ops_.allocate(Term::workspace, Element::fp32, x.rows, 1);
  ops_.quantise(x, quantised, row_scales);
  Tensor accumulators = ops_.allocate(Term::workspace, Element::int32, x.rows, weight.outputs);
  ops_.matmul_int8(quantised, weight, accumulators);
  ops_.release(quantised);
  Tensor out = allocate(x.rows, weight.outputs, term);
  ops_.dequantise(accumulators, row_scales, weight, bias.values, out);
  ops_.release(accumulators);
  ops_.release(row_scales);
  return out;
}

Tensor Decoder::norm(const Tensor& x, const Weight& weight, const Weight& bias) {
  Tensor wide, normalised, narrow;
  if (runtime_.functional && model_.norm == Norm::rms) {
    // hidden.to(float32), its square and its product with the root are FP32 tensors of their own
    // (modeling_*.py, RMSNorm.forward); of an FP32 tensor only the product is new. LayerNorm is one kernel.
    const bool narrow_input = element_ != Element::fp32;
    if (narrow_input) {
      wide = ops_.allocate(Term::activation, Element::fp32, x.rows, x.columns);
      ops_.convert(x, wide);
    }
    normalised = ops_.allocate(Term::activation, Element::fp32, x.rows, x.columns);
    ops_.convert(x, normalised);
    ops_.release(wide);
    if (narrow_input) {
      narrow = allocate(x.rows, x.columns);
      ops_.convert(x, narrow);
    }
  }
  Tensor out = allocate(x.rows, x.columns);
  ops_.norm(model_.norm, model_.norm_epsilon, x, weight.values, bias.values, out);
  ops_.release(normalised);
  ops_.release(narrow);
  return out;
}

void Decoder::norm_heads(Tensor& x, const Weight& weight) {
  if (weight.values.empty()) return;
  Tensor heads = x.reshaped(x.rows * x.columns / weight.values.columns);
  Tensor target = runtime_.functional ? allocate(x.rows, x.columns, x.term) : x;
  Tensor target_heads = target.reshaped(heads.rows);
  ops_.norm(Norm::rms, model_.norm_epsilon, heads, weight.values, {}, target_heads);
  if (runtime_.functional) ops_.release(x);
  x = target;
}

Tensor Decoder::gather_angles(const Attention& attention, StepShape shape) {
  const bool gathers = runtime_.rotary_tables == RotaryTables::per_layer ||
                       runtime_.rotary_tables == RotaryTables::per_attention;
  if (!gathers || attention.rotary_size == 0) return {};
  Tensor angles = allocate(checked_product({2, shape.rows()}),
                           attention.rotary_size);  // cos[position_ids], sin[position_ids]
  ops_.fill_zeros(angles);
  return angles;
}

void Decoder::rotate(Tensor& x, std::int64_t heads, const Layer& layer, StepShape shape) {
  if (layer.attention.rotary_size == 0) return;
  if (!runtime_.functional) {
    ops_.rotate(x, heads, layer.attention, model_.rope_theta, shape);
    return;
  }
  // x * cos + rotate_half(x) * sin: three temporaries beside x and the sum (apply_rotary_pos_emb).
  Tensor product = allocate(x.rows, x.columns);
  Tensor half = allocate(x.rows, x.columns);
  ops_.convert(x, product);
  ops_.convert(x, half);
  Tensor half_product = allocate(x.rows, x.columns);
  ops_.convert(x, half_product);
  ops_.release(half);
  Tensor out = allocate(x.rows, x.columns, x.term);
  ops_.convert(x, out);
  ops_.rotate(out, heads, layer.attention, model_.rope_theta, shape);
  ops_.release(product);
  ops_.release(half_product);
  ops_.release(x);
  x = out;
}

Tensor Decoder::add(Tensor& x, Tensor& y) {
  Tensor out = runtime_.functional ? allocate(x.rows, x.columns) : std::exchange(x, {});
  ops_.add(runtime_.functional ? x : out, y, out);
  ops_.release(y);
  return out;
}

void Decoder::drop(Tensor& tensor) {
  if (!runtime_.functional) ops_.release(tensor);
}

}  // namespace calibram
