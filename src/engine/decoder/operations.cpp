// SPDX-License-Identifier: MIT
// The operations of a decoder pass that work in place or return new tensors, as the runtime does.
#include "src/engine/decoder/awq.hpp"
#include "src/engine/decoder/decoder.hpp"

#include <utility>

namespace calibram {

Tensor Decoder::allocate(std::int64_t rows, std::int64_t columns, Term term) {
  return ops_.allocate(term, element_, rows, columns);
}

/// Whether the runtime's own kernel for a packed format takes memory beside the result.
bool Decoder::needs_scratch(const Weight& weight) const {
  const std::string_view name = question_.weights->name;
  return runtime_.functional && !weight.packed.empty() &&
         (name.starts_with("awq") || name.starts_with("fp8-block"));
}

/// FP8 in blocks quantises its input in blocks of 128 (transformers integrations/finegrained_fp8.py,
/// act_quant). AutoAWQ makes a 16-bit matrix of the weight for long inputs, else it sums partial results:
/// long are sequences of 1024 tokens together, and nearly all inputs without a dimension of sequences.
Tensor Decoder::multiply_packed(const Tensor& x, const Weight& weight, Term term, bool in_sequences) {
  constexpr std::int64_t input_block = 128;
  Tensor scratch, scales;
  if (question_.weights->name.starts_with("fp8")) {
    scratch = ops_.allocate(Term::workspace, Element::raw8, x.rows, weight.inputs);
    scales = ops_.allocate(Term::workspace, Element::fp32, x.rows,
                           (weight.inputs + input_block - 1) / input_block);
  } else if (x.rows * (in_sequences ? 1 : weight.inputs) >= awq::long_input) {
    scratch = allocate(weight.inputs, weight.outputs, Term::workspace);
  } else {
    scratch = allocate(awq::split_k_iterations * x.rows, weight.outputs, Term::workspace);
  }
  Tensor out = allocate(x.rows, weight.outputs, term);
  ops_.release(scratch);
  ops_.release(scales);
  return out;
}

/// `for_each_part` calls f(rows, weight, bias) for rows of x and the matrix that they are multiplied with.
template <typename ForEachPart>
Tensor Decoder::project(const Tensor& x, const Weight& weight, Term term, const ForEachPart& for_each_part) {
  using Bias = const Tensor&;
  if (needs_scratch(weight)) return multiply_packed(x, weight, term, /*in_sequences=*/true);
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
  Tensor out = project(x, weight, term, [&](const auto& f) { f({0, x.rows}, weight, bias.values); });
  if (needs_scratch(weight) && !bias.values.empty()) become_copy(out);  // out + bias
  return out;
}

Tensor Decoder::linear(const Tensor& x, const Weight& weight, const Weight& bias, IndexRange outputs) {
  if (outputs.count == weight.outputs) return linear(x, weight, bias);
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

/// The temporaries of a functional RMSNorm, and its result (modeling_*.py, RMSNorm.forward):
/// hidden.to(float32), its square, its product with the root, that narrowed again. Of an FP32 tensor only the
/// square and the product are new.
Tensor Decoder::functional_rms_norm(const Tensor& x, const Weight& weight, std::int64_t head_rows) {
  const auto wide_copy = [&](const Tensor& from) {
    Tensor copy = ops_.allocate(Term::activation, Element::fp32, x.rows, x.columns);
    ops_.convert(from, copy);
    return copy;
  };
  const bool is_narrow = element_ != Element::fp32;
  Tensor wide = is_narrow ? wide_copy(x) : Tensor{};
  Tensor square = wide_copy(x);
  ops_.release(square);
  Tensor normalised = wide_copy(x), narrow;
  ops_.release(wide);
  if (is_narrow) {
    narrow = allocate(x.rows, x.columns);
    ops_.convert(x, narrow);
  }
  Tensor out = allocate(x.rows, x.columns, x.term);
  Tensor heads = out.reshaped(head_rows);
  ops_.norm(Norm::rms, model_.norm_epsilon, x.reshaped(head_rows), weight.values, {}, heads);
  ops_.release(narrow);
  ops_.release(normalised);
  return out;
}

Tensor Decoder::norm(const Tensor& x, const Weight& weight, const Weight& bias) {
  if (runtime_.functional && model_.norm == Norm::rms) return functional_rms_norm(x, weight, x.rows);
  Tensor out = allocate(x.rows, x.columns);  // LayerNorm is one kernel
  ops_.norm(model_.norm, model_.norm_epsilon, x, weight.values, bias.values, out);
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
  const std::int64_t rows = together ? x.rows : x.rows * x.columns / attention.head_size;
  if (runtime_.functional) {
    Tensor out = functional_rms_norm(x, weight, rows);
    ops_.release(x);
    x = out;
    return;
  }
  norm_in_place(x.reshaped(rows), weight);
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
  if (attention.rotary_size > 0 && !x.empty()) ops_.rotate(x, heads, attention, model_.rope_theta, shape);
}

Tensor Decoder::rotated(const Tensor& x, std::int64_t heads, const Attention& attention, StepShape shape) {
  // x * cos + rotate_half(x) * sin (apply_rotary_pos_emb): the product, the negated half, the two halves
  // joined, their product, the sum.
  const auto temporary = [&](std::int64_t columns) {
    Tensor tensor = allocate(x.rows, columns);
    ops_.fill_zeros(tensor);
    return tensor;
  };
  Tensor product = temporary(x.columns);
  Tensor negated = temporary(x.columns / 2);
  Tensor joined = temporary(x.columns);
  ops_.release(negated);
  Tensor joined_product = temporary(x.columns);
  ops_.release(joined);
  Tensor out = allocate(x.rows, x.columns, x.term);
  ops_.convert(x, out);
  ops_.rotate(out, heads, attention, model_.rope_theta, shape);
  ops_.release(joined_product);
  ops_.release(product);
  return out;
}

void Decoder::rotate_both(Tensor& queries, Tensor& keys, const Attention& attention, StepShape shape,
                          NamedTensors& named) {
  if (!runtime_.functional || attention.rotary_size == 0) {
    rotate(queries, attention.heads, attention, shape);
    rotate(keys, attention.kv_heads, attention, shape);
    return;
  }
  // The caller names both until the call returns both.
  Tensor angles = gather_angles(attention, shape);
  Tensor rotated_queries = rotated(queries, attention.heads, attention, shape);
  Tensor rotated_keys = keys.empty() ? Tensor{} : rotated(keys, attention.kv_heads, attention, shape);
  ops_.release(angles);
  if (runtime_.joins_projections) {
    named.push_back(queries);
    named.push_back(keys);
  } else {
    ops_.release(queries);
    ops_.release(keys);
  }
  queries = rotated_queries;
  keys = rotated_keys;
}

Tensor Decoder::add(Tensor& x, Tensor& y) {
  Tensor out = runtime_.functional ? allocate(x.rows, x.columns) : std::exchange(x, {});
  ops_.add(runtime_.functional ? x : out, y, out);
  ops_.release(y);
  return out;
}

Tensor Decoder::duplicate(const Tensor& x, Term term) {
  Tensor copy = ops_.allocate(term, x.element, x.rows, x.columns);
  ops_.convert(x, copy);
  return copy;
}

void Decoder::become_copy(Tensor& x) {
  Tensor copy = duplicate(x, x.term);
  ops_.release(x);
  x = copy;
}

void Decoder::drop(Tensor& tensor) {
  if (!runtime_.functional) ops_.release(tensor);
}

void Decoder::drop(Input& input) {
  if (input.owned && input.last) drop(input.tensor);
}

void Decoder::release_input(Tensor& input) {
  if (input.data == nullptr || input.data != embedding_.data) ops_.release(input);
}

void Decoder::release(Input& input) {
  if (input.owned) ops_.release(input.tensor);
}

}  // namespace calibram
