// SPDX-License-Identifier: MIT
// The demands of every operation but those on a cache.
#include "kernels/checks.hpp"

#include <limits>

namespace calibram {
namespace {

// So many products of two INT8 numbers stay within INT32, even of -128 and -128: one more would be 2^31.
constexpr std::int64_t largest_int8_depth = (std::int64_t{1} << 17) - 1;

void check_product(const Tensor& x, const Tensor& weight, const Tensor& out, std::string_view operation) {
  require(x.columns > 0 && x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows,
          operation, "the shapes of input, weight and output do not go together");
}

void check_table(const Weight& table, const Tensor& tokens, StepShape step, const Tensor& out) {
  require_element(table.values, {Element::fp32, Element::fp16, Element::int8}, "embed");
  const bool is_int8 = table.values.element == Element::int8;
  if (is_int8) {
    require_element(table.scales, {Element::fp32}, "embed");
    require_vector(table.scales, table.values.rows, "embed");
  }
  require_element(tokens, {Element::int32}, "embed");
  require_float(out, "embed");
  const bool wide = is_int8 ? table.values.columns >= out.columns : table.values.columns == out.columns;
  require(wide && step.tokens > 0 && element_count(tokens) == step.rows() && out.rows == step.rows(), "embed",
          "the shapes of table, tokens and output do not go together");
}

}  // namespace

void check_fill_weight(const Weight& weight) {
  require_element(weight.values, {Element::fp32, Element::fp16, Element::int8}, "fill_weight");
  require(element_count(weight.values) > 0, "fill_weight", "the weight is empty");
  if (weight.values.element != Element::int8) return;
  require_element(weight.scales, {Element::fp32}, "fill_weight");
  require_vector(weight.scales, weight.values.rows, "fill_weight");
}

void check_fill_tokens(const Tensor& tokens, std::int64_t vocabulary) {
  require_element(tokens, {Element::int32}, "fill_tokens");
  require(vocabulary > 0 && vocabulary <= std::numeric_limits<std::int32_t>::max(), "fill_tokens",
          "the vocabulary has not 1 to 2^31 - 1 tokens");
}

void check_embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
                 const Tensor& out) {
  check_table(table, tokens, step, out);
  if (positions.empty()) return;
  require_float(positions, "embed");
  require(positions.columns == out.columns && step.start >= 0 && step.length() <= positions.rows, "embed",
          "the step's positions are not all in the position table");
}

void check_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& out) {
  require_float(x, "norm");
  require_float(out, "norm");
  require(x.rows == out.rows && x.columns == out.columns, "norm", "input and output differ in shape");
  if (!weight.empty()) {
    require_float(weight, "norm");
    const std::int64_t parts = element_count(weight) / x.columns;
    require(parts > 0 && element_count(weight) == parts * x.columns && x.rows % parts == 0, "norm",
            "the weight is not a whole number of rows that those of the input can take in turns");
  }
  if (!bias.empty()) require_vector(bias, x.columns, "norm");
}

void check_matmul(const Tensor& x, const Weight& weight, const Tensor& bias, const Tensor& out) {
  for (const Tensor* tensor : {&x, &weight.values, &out}) require_float(*tensor, "matmul");
  check_product(x, weight.values, out, "matmul");
  if (!bias.empty()) require_vector(bias, out.columns, "matmul");
}

void check_quantise(const Tensor& x, const Tensor& values, const Tensor& scales) {
  require_float(x, "quantise");
  require_element(values, {Element::int8}, "quantise");
  require_element(scales, {Element::fp32}, "quantise");
  require(values.rows == x.rows && values.columns >= x.columns && element_count(scales) == x.rows, "quantise",
          "the shapes of input, values and scales do not go together");
}

void check_matmul_int8(const Tensor& values, const Weight& weight, const Tensor& out) {
  require_element(values, {Element::int8}, "matmul_int8");
  require_element(weight.values, {Element::int8}, "matmul_int8");
  require_element(out, {Element::int32}, "matmul_int8");
  check_product(values, weight.values, out, "matmul_int8");
  require(values.columns <= largest_int8_depth, "matmul_int8", "sums of so many products may leave INT32");
}

void check_dequantise(const Tensor& accumulators, const Tensor& row_scales, const Weight& weight,
                      const Tensor& bias, const Tensor& out) {
  require_element(accumulators, {Element::int32}, "dequantise");
  require_element(row_scales, {Element::fp32}, "dequantise");
  require_vector(row_scales, out.rows, "dequantise");
  require_element(weight.scales, {Element::fp32}, "dequantise");
  require_vector(weight.scales, out.columns, "dequantise");
  require_float(out, "dequantise");
  if (!bias.empty()) require_vector(bias, out.columns, "dequantise");
  require(accumulators.rows == out.rows && accumulators.columns == out.columns, "dequantise",
          "the sums have not the shape of the output");
}

void check_rotate(const Tensor& x, std::int64_t heads, const Attention& attention, StepShape step) {
  const std::int64_t size = attention.rotary_size;
  require_float(x, "rotate");
  require(size >= 0 && size % 2 == 0 && size <= attention.head_size && size <= largest_head_size, "rotate",
          "the rotated part of a head is odd, or longer than the head or 1024");
  require(step.tokens > 0 && x.rows == step.rows() && x.columns == heads * attention.head_size, "rotate",
          "the rows of heads have another shape than the step and the attention");
}

void check_softmax(const Tensor& x, const Tensor& sinks, StepShape step, const Tensor& out) {
  require_float(x, "softmax");
  require_float(out, "softmax");
  require(x.rows == out.rows && x.columns == out.columns, "softmax", "input and output differ in shape");
  if (sinks.empty()) return;
  require_float(sinks, "softmax");
  require(step.tokens > 0 && x.rows == step.rows() * element_count(sinks), "softmax",
          "the rows are not those of all heads and tokens of the step");
}

void check_elementwise(const Tensor& x, const Tensor& out, std::string_view operation) {
  require_float(x, operation);
  require_float(out, operation);
  require(element_count(x) == element_count(out), operation, "input and output differ in size");
}

void check_elementwise(const Tensor& x, const Tensor& y, const Tensor& out, std::string_view operation) {
  require_float(y, operation);
  require(element_count(x) == element_count(y), operation, "the inputs differ in size");
  check_elementwise(x, out, operation);
}

void check_multiply(const Tensor& x, const Tensor& y, const Tensor& out) {
  require_float(y, "multiply");
  const bool alike = element_count(x) == element_count(y);
  const bool by_row = y.rows == x.rows && y.columns == 1, by_column = y.rows == 1 && y.columns == x.columns;
  require(alike || by_row || by_column, "multiply",
          "the second input has neither the shape of the first, nor one column, nor one row");
  check_elementwise(x, out, "multiply");
}

void check_copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, const Tensor& out,
                        std::int64_t to) {
  require_float(x, "copy_columns");
  require(out.data != nullptr && x.element == out.element && x.rows == out.rows, "copy_columns",
          "input and output differ in rows or elements");
  require(from >= 0 && to >= 0 && count >= 0 && from + count <= x.columns && to + count <= out.columns,
          "copy_columns", "the columns are not all in input and output");
}

void check_last_rows(const Tensor& x, StepShape step, const Tensor& out) {
  require_float(x, "last_rows");
  require_float(out, "last_rows");
  require(x.rows == step.rows() && out.rows == step.batch && x.columns == out.columns, "last_rows",
          "the shapes of input, step and output do not go together");
}

void check_sample(const Tensor& logits, const Tensor& tokens) {
  require_float(logits, "sample");
  require_element(tokens, {Element::int32}, "sample");
  const std::int64_t batch = element_count(tokens);
  require(batch > 0 && logits.rows > 0 && logits.rows % batch == 0 && logits.columns > 0 &&
              logits.columns <= std::numeric_limits<std::int32_t>::max(),
          "sample", "the logits are not rows of a vocabulary, equally many for every token");
}

}  // namespace calibram
