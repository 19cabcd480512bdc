// SPDX-License-Identifier: MIT
// What every operation of a pass demands of its tensors, whichever backend executes it. Each check throws
// InputError naming the operation and what does not go together.
#pragma once

#include "kernels/tensors.hpp"
#include "src/engine/ops.hpp"

#include <string_view>

namespace calibram {

/// Heads of caches and queries have at most so many elements: DeepSeek's latent keys have 576.
inline constexpr std::int64_t largest_head_size = 1024;
/// Heads of values.
inline constexpr std::int64_t largest_value_size = 512;

void check_fill_weight(const Weight& weight);
void check_fill_tokens(const Tensor& tokens, std::int64_t vocabulary);
void check_embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
                 const Tensor& out);
void check_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& out);
void check_matmul(const Tensor& x, const Weight& weight, const Tensor& bias, const Tensor& out);
void check_quantise(const Tensor& x, const Tensor& values, const Tensor& scales);
void check_matmul_int8(const Tensor& values, const Weight& weight, const Tensor& out);
void check_dequantise(const Tensor& accumulators, const Tensor& row_scales, const Weight& weight,
                      const Tensor& bias, const Tensor& out);
void check_rotate(const Tensor& x, std::int64_t heads, const Attention& attention, StepShape step);
void check_append(const Tensor& keys, const Tensor& values, StepShape step, const KvCache& cache);
void check_copy_cache(const KvCache& from, std::int64_t positions, const KvCache& to);
void check_expand_heads(const Attention& attention, const Tensor& x, const Tensor& out);
/// For attend and score.
void check_queries(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
                   std::string_view operation);
/// For attend and mix: the output has heads of values.
void check_mixed(const Attention& attention, const Tensor& mixed, const KvCache& cache, StepShape step,
                 std::string_view operation);
void check_sinks(const Tensor& sinks, std::int64_t heads, std::string_view operation);
/// For score and mix.
void check_scores(const Attention& attention, const Tensor& scores, StepShape step,
                  std::string_view operation);
void check_softmax(const Tensor& x, const Tensor& sinks, StepShape step, const Tensor& out);
/// For activate and convert, and the first input of multiply and add.
void check_elementwise(const Tensor& x, const Tensor& out, std::string_view operation);
void check_elementwise(const Tensor& x, const Tensor& y, const Tensor& out, std::string_view operation);
void check_multiply(const Tensor& x, const Tensor& y, const Tensor& out);
void check_copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, const Tensor& out,
                        std::int64_t to);
void check_last_rows(const Tensor& x, StepShape step, const Tensor& out);
void check_sample(const Tensor& logits, const Tensor& tokens);

// Of architectures beyond the dense decoder (kind_checks.cpp).
void check_route(const Tensor& scores, const Tensor& bias, const Routes& routes);
void check_gather_rows(const Tensor& x, const Routes& routes, const Tensor& out);
void check_combine_experts(const Tensor& x, const Routes& routes, const Tensor& out);
void check_absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                          const Tensor& out);
void check_expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                         const Tensor& out);
void check_convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                    const Tensor& last_inputs, const Tensor& out);
void check_scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out);
void check_scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out);
void check_scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, const Tensor& memory,
                const Tensor& out);
void check_predict_copies(const Tensor& copies, const Tensor& coefficients, const Tensor& out);
void check_correct_copies(const Tensor& computed, const Tensor& coefficients, const Tensor& copies);

}  // namespace calibram
