// SPDX-License-Identifier: MIT
// The demands of the operations beyond the dense decoder: experts, latent attention, recurrences, copies.
#include "kernels/checks.hpp"

namespace calibram {
namespace {

void require_floats(std::initializer_list<const Tensor*> tensors, std::string_view operation) {
  for (const Tensor* tensor : tensors) require_float(*tensor, operation);
}

void require_matrix(const Tensor& tensor, std::int64_t rows, std::int64_t columns, std::string_view operation,
                    std::string_view reason) {
  require_float(tensor, operation);
  require(tensor.rows == rows && tensor.columns == columns, operation, reason);
}

void check_routes(const Routes& routes, std::string_view operation) {
  require_element(routes.places, {Element::int32}, operation);
  require_element(routes.shares, {Element::fp32}, operation);
  require(routes.places.rows == routes.shares.rows && routes.places.columns == routes.shares.columns,
          operation, "places and shares differ in shape");
}

void check_kv_up(const LatentAttention& attention, const Weight& kv_up, std::string_view operation) {
  const Tensor& values = kv_up.values;
  require_element(values, {Element::fp32, Element::fp16, Element::int8}, operation);
  const bool is_int8 = values.element == Element::int8;
  if (is_int8) {
    require_element(kv_up.scales, {Element::fp32}, operation);
    require_vector(kv_up.scales, values.rows, operation);
  }
  const bool wide = is_int8 ? values.columns >= attention.kv_rank : values.columns == attention.kv_rank;
  require(wide && values.rows == attention.heads * (attention.plain_size + attention.value_size), operation,
          "the projection out of the latent space has another shape than the heads");
}

/// Of a scan: what goes in and out, and what is remembered in FP32.
void check_recurrence(const Tensor& x, std::int64_t columns, StepShape step, const Tensor& memory,
                      std::int64_t memory_elements, const Tensor& out, std::int64_t out_columns) {
  require_matrix(x, step.rows(), columns, "scan", "the input has another shape than the step and the layer");
  require_matrix(out, step.rows(), out_columns, "scan",
                 "the output has another shape than the step and the layer");
  require_element(memory, {Element::fp32}, "scan");
  require(step.tokens > 0 && memory.rows == step.batch && memory.columns == memory_elements, "scan",
          "the memory has another shape than the sequences and the layer");
}

void check_steps(const Tensor& steps, std::int64_t columns, StepShape step) {
  require_matrix(steps, step.rows(), columns, "scan", "the time steps have another shape than the layer");
}

}  // namespace

void check_route(const Tensor& scores, const Tensor& bias, const Routes& routes) {
  check_routes(routes, "route");
  require_float(scores, "route");
  require(scores.rows == routes.places.rows && routes.places.columns > 0 &&
              routes.places.columns <= scores.columns,
          "route", "a row is sent to more experts than there are, or the rows differ");
  if (!bias.empty()) require_vector(bias, scores.columns, "route");
}

void check_gather_rows(const Tensor& x, const Routes& routes, const Tensor& out) {
  check_routes(routes, "gather_rows");
  require_floats({&x, &out}, "gather_rows");
  require(x.element == out.element && x.columns == out.columns && x.rows == routes.places.rows &&
              out.rows == element_count(routes.places),
          "gather_rows", "the shapes of input, routes and output do not go together");
}

void check_combine_experts(const Tensor& x, const Routes& routes, const Tensor& out) {
  check_routes(routes, "combine_experts");
  require_floats({&x, &out}, "combine_experts");
  require(
      x.columns == out.columns && out.rows == routes.places.rows && x.rows == element_count(routes.places),
      "combine_experts", "the shapes of input, routes and output do not go together");
}

void check_absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                          const Tensor& out) {
  check_kv_up(attention, kv_up, "absorb_queries");
  require_matrix(queries, out.rows, attention.heads * (attention.rotary_size + attention.plain_size),
                 "absorb_queries", "the queries have another shape than the heads");
  require_matrix(out, queries.rows, attention.heads * (attention.rotary_size + attention.kv_rank),
                 "absorb_queries", "the output has another shape than the heads");
}

void check_expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                         const Tensor& out) {
  check_kv_up(attention, kv_up, "expand_values");
  require_matrix(mixed, out.rows, attention.heads * attention.kv_rank, "expand_values",
                 "the mixed latent vectors have another shape than the heads");
  require_matrix(out, mixed.rows, attention.heads * attention.value_size, "expand_values",
                 "the output has another shape than the heads");
}

void check_convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                    const Tensor& last_inputs, const Tensor& out) {
  require_floats({&weight.values, &last_inputs}, "convolve");
  require_matrix(x, step.rows(), weight.values.rows, "convolve",
                 "the input has another shape than the step and the weight");
  require_matrix(out, x.rows, x.columns, "convolve", "input and output differ in shape");
  require(step.tokens > 0 && weight.values.columns > 0 && last_inputs.rows == step.batch &&
              last_inputs.columns == x.columns * (weight.values.columns - 1),
          "convolve", "the last inputs have another shape than the sequences and the weight");
  if (!bias.empty()) require_vector(bias, x.columns, "convolve");
}

void check_scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out) {
  check_recurrence(inputs.x, mamba.inner_size, step, memory, mamba.inner_size * mamba.state_size, out,
                   mamba.inner_size);
  check_steps(inputs.steps, mamba.inner_size, step);
  for (const Tensor* tensor : {&inputs.to_state, &inputs.to_output})
    require_matrix(*tensor, step.rows(), mamba.state_size, "scan", "B or C has another shape than the layer");
  require_vector(inputs.decay, mamba.inner_size * mamba.state_size, "scan");
  require_vector(inputs.skip, mamba.inner_size, "scan");
}

void check_scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out) {
  require(mamba.groups > 0 && mamba.heads % mamba.groups == 0, "scan", "the groups do not divide the heads");
  check_recurrence(inputs.convolved, mamba.convolved_size(), step, memory,
                   mamba.inner_size() * mamba.state_size, out, mamba.inner_size());
  check_steps(inputs.steps, mamba.heads, step);
  for (const Tensor* tensor : {&inputs.step_bias, &inputs.decay, &inputs.skip})
    require_vector(*tensor, mamba.heads, "scan");
}

void check_scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out) {
  require(net.key_heads > 0 && net.value_heads % net.key_heads == 0, "scan",
          "the key heads do not divide the value heads");
  check_recurrence(inputs.convolved, net.convolved_size(), step, memory,
                   net.value_heads * net.key_size * net.value_size, out, net.value_heads * net.value_size);
  check_steps(inputs.steps, net.value_heads, step);
  check_steps(inputs.writes, net.value_heads, step);
  for (const Tensor* tensor : {&inputs.step_bias, &inputs.decay})
    require_vector(*tensor, net.value_heads, "scan");
}

void check_predict_copies(const Tensor& copies, const Tensor& coefficients, const Tensor& out) {
  require_floats({&copies, &coefficients, &out}, "predict_copies");
  const std::int64_t count = coefficients.rows > 0 ? copies.rows / coefficients.rows : 0;
  require(count > 0 && copies.rows == count * coefficients.rows && coefficients.columns == count * count &&
              out.rows == copies.rows && out.columns == copies.columns,
          "predict_copies", "the shapes of copies, coefficients and output do not go together");
}

void check_correct_copies(const Tensor& computed, const Tensor& coefficients, const Tensor& copies) {
  require_floats({&computed, &coefficients, &copies}, "correct_copies");
  require(coefficients.rows == computed.rows && copies.columns == computed.columns &&
              copies.rows == coefficients.columns * computed.rows,
          "correct_copies", "the shapes of copies, coefficients and what was computed do not go together");
}

}  // namespace calibram
