// SPDX-License-Identifier: MIT
// The operations of a decoder pass that work in place or return new tensors, as the runtime does.
#include "src/engine/decoder/decoder.hpp"

#include <utility>

namespace calibram {

Tensor Decoder::allocate(std::int64_t rows, std::int64_t columns, Term term) {
  return ops_.allocate(term, element_, rows, columns);
}

/// `for_each_part` calls f(rows, weight, bias) for rows of x and the matrix that they are multiplied with.
template <typename ForEachPart>
Tensor Decoder::project(const Tensor& x, const Weight& weight, Term term, const ForEachPart& for_each_part) {
  using Bias = const Tensor&;
  if (weight.scales.empty()) {
    Tensor out = allocate(x.rows, weight.outputs, term);
    for_each_part([&](IndexRange rows, const Weight& part, Bias bias) {
      Tensor to = out.row_range(rows);
      ops_.matmul(x.row_range(rows), part, bias, to);
    });
    return out;
  }
  // W8A8: the activations are quantised row by row, and products are summed exactly in INT32.
  Tensor quantised = ops_.allocate(Term::workspace, Element::int8, x.rows, weight.values.columns);
  Tensor row_scales = ops_.allocate(Term::workspace, Element::fp32, x.rows, 1);
  ops_.quantise(x, quantised, row_scales);
  Tensor accumulators = ops_.allocate(Term::workspace, Element::int32, x.rows, weight.outputs);
  for_each_part([&](IndexRange rows, const Weight& part, Bias) {
    Tensor to = accumulators.row_range(rows);
    ops_.matmul_int8(quantised.row_range(rows), part, to);
  });
  ops_.release(quantised);
  Tensor out = allocate(x.rows, weight.outputs, term);
  for_each_part([&](IndexRange rows, const Weight& part, Bias bias) {
    Tensor to = out.row_range(rows);
    ops_.dequantise(accumulators.row_range(rows), row_scales.row_range(rows), part, bias, to);
  });
  ops_.release(accumulators);
  ops_.release(row_scales);
  return out;
}

Tensor Decoder::linear(const Tensor& x, const Weight& weight, const Weight& bias, Term term) {
  return project(x, weight, term, [&](const auto& f) { f({0, x.rows}, weight, bias.values); });
}

Tensor Decoder::linear(const Tensor& x, const Weight& weight, const Weight& bias, IndexRange outputs) {
  Weight some_bias;
  if (!bias.values.empty())
    some_bias.values = bias.values.reshaped(weight.outputs).row_range(outputs).reshaped(1);
  return linear(x, weight.output_range(outputs), some_bias);
}

Tensor Decoder::linear_of_experts(const Tensor& x, const Weight& weight, const Weight& bias,
                                  const Routes& routes) {
  const std::int64_t outputs = weight.outputs;
  return project(x, weight, Term::activation, [&](const auto& f) {
    for (std::size_t expert = 0; expert + 1 < routes.starts.size(); ++expert) {
      const auto i = static_cast<std::int64_t>(expert);
      const IndexRange rows{routes.starts[expert], routes.starts[expert + 1] - routes.starts[expert]};
      if (rows.count > 0) f(rows, weight.output_range({i * outputs, outputs}), bias.values.row_range({i, 1}));
    }
  });
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

Decoder::Input Decoder::norm_before(bool norms, const Tensor& x, const Weight& weight, const Weight& bias) {
  if (!norms) return {x, false};
  return {norm(x, weight, bias)};
}

void Decoder::norm_in_place(Tensor x, const Weight& weight) {
  ops_.norm(Norm::rms, model_.norm_epsilon, x, weight.values, {}, x);
}

void Decoder::norm_after(const Layer& layer, Tensor& x, const Weight& weight) {
  if (!layer.norm_after_each) return;
  Tensor out = norm(x, weight, {});
  ops_.release(x);
  x = out;
}

void Decoder::norm_heads(const Attention& attention, const Weight& weight, Tensor& x) {
  if (attention.query_key_norm == QueryKeyNorm::none || x.empty()) return;
  const bool together = attention.query_key_norm == QueryKeyNorm::whole;
  Tensor heads = together ? x : x.reshaped(x.rows * x.columns / attention.head_size);
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

void Decoder::rotate(Tensor& x, std::int64_t heads, const Attention& attention, StepShape shape) {
  if (attention.rotary_size == 0 || x.empty()) return;
  if (!runtime_.functional) {
    ops_.rotate(x, heads, attention, model_.rope_theta, shape);
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
  ops_.rotate(out, heads, attention, model_.rope_theta, shape);
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

void Decoder::drop(Input& input) {
  if (input.owned && input.last) drop(input.tensor);
}

void Decoder::release(Input& input) {
  if (input.owned) ops_.release(input.tensor);
}

}  // namespace calibram
