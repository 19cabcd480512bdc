// SPDX-License-Identifier: MIT
// The tensors of vLLM's sampler, in the order in which they come to be.
#include "src/engine/vllm/sampler.hpp"

#include <algorithm>
#include <bit>

namespace calibram {
namespace {

/// Below, apply_top_k_top_p sorts the logits with PyTorch; from here on a Triton kernel finds the thresholds.
constexpr std::int64_t fewest_rows_for_triton = 8;
constexpr std::int64_t fp32_bytes = 4, int64_bytes = 8, boolean_bytes = 1;

/// vllm/v1/sample/ops/topk_topp_triton.py: a row of FP32 logits for each program, kept for good. As many
/// programs as there are multiprocessors or rows, rounded up to a power of two where there are so many.
std::int64_t triton_rows(std::int64_t rows, const Chip& gpu) {
  const auto programs = static_cast<std::uint64_t>(std::min<std::int64_t>(gpu.multiprocessors, rows));
  return std::min<std::int64_t>(static_cast<std::int64_t>(std::bit_ceil(programs)), gpu.multiprocessors);
}

}  // namespace

// vllm/v1/worker/gpu_model_runner.py _dummy_sampler_run, vllm/v1/sample/sampler.py, ops/topk_topp_sampler.py:
// the caller keeps the logits as the head gave them; Sampler.forward makes an FP32 copy, which temperature
// and thresholds change in place; then come the probabilities and as many exponential random numbers. Before
// that, few rows are sorted: values, indices, the probabilities and two masks; the larger of both counts.
void hold_sampler(const VllmSampling& sampling, const Chip& gpu, VllmBuffers& buffers) {
  const std::int64_t rows = sampling.rows, vocabulary = sampling.vocabulary;
  const std::int64_t columns = sampling.caps_logits ? vocabulary : sampling.padded_vocabulary;
  buffers.hold(Term::logits, {rows, columns, sampling.element_bytes});
  if (sampling.element_bytes != fp32_bytes) buffers.hold(Term::logits, {rows, vocabulary, fp32_bytes});
  if (rows < fewest_rows_for_triton) {
    for (const std::int64_t width : {fp32_bytes, int64_bytes, fp32_bytes, boolean_bytes, boolean_bytes})
      buffers.hold(Term::logits, {rows, vocabulary, width});
    return;
  }
  buffers.hold(Term::workspace, {triton_rows(rows, gpu), vocabulary, fp32_bytes});
  buffers.hold(Term::logits, {rows, vocabulary, fp32_bytes});
  buffers.hold(Term::logits, {rows, vocabulary, fp32_bytes});
}

// final_logit_softcapping of config.json; vllm/model_executor/layers/logits_processor.py.
bool caps_logits(const Model& model) {
  return model.family == "gemma2" || model.family == "gemma3n" || model.family == "gemma3n_text";
}

}  // namespace calibram
