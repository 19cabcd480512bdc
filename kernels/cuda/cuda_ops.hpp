// SPDX-License-Identifier: MIT
// The operations of a decoder pass, executed on a card with real device memory.
#pragma once

#include "kernels/cuda/device_memory.hpp"
#include "kernels/cuda/gemm.hpp"
#include "kernels/executing_ops.hpp"
#include "src/engine/ops.hpp"

#include <cuda_runtime_api.h>

namespace calibram {

/// Own kernels over FP16, FP32 and INT8 tensors with FP32 arithmetic, products by Gemm. Everything is queued
/// on one stream; releasing a tensor waits for it. Every operation @throws InputError where elements or
/// shapes do not go together, CudaError when the device fails.
class CudaOps : public ExecutingOps {
 public:
  CudaOps(Gemm& gemm, cudaStream_t stream, const ExecutionOptions& options = {});

  /// Runs every kernel and every class of products once at a small size, so that their modules are loaded
  /// before measuring starts; resets the memory's peaks.
  void warm_up();

  DeviceMemory& memory() noexcept { return memory_; }

  Tensor allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) override;
  void release(Tensor& tensor) override;

  void fill_weight(Weight& weight, std::uint64_t seed) override;
  bool holds_weight(const Weight& weight, std::uint64_t seed) override;
  void fill_ones(Tensor& vector) override;
  void fill_zeros(Tensor& tensor) override;
  void fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) override;
  void fill_blocks(Tensor& blocks) override;

  /// A kernel cannot throw: the row of a token outside the vocabulary becomes NaN.
  void embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
             Tensor& out) override;
  void norm(Norm kind, double epsilon, const Tensor& x, const Tensor& weight, const Tensor& bias,
            Tensor& out) override;
  void matmul(const Tensor& x, const Weight& weight, const Tensor& bias, Tensor& out) override;
  void quantise(const Tensor& x, Tensor& values, Tensor& scales) override;
  void matmul_int8(const Tensor& values, const Weight& weight, Tensor& out) override;
  void dequantise(const Tensor& accumulators, const Tensor& row_scales, const Weight& weight,
                  const Tensor& bias, Tensor& out) override;
  void rotate(Tensor& x, std::int64_t heads, const Attention& attention, double theta,
              StepShape step) override;
  void append(const Tensor& keys, const Tensor& values, StepShape step, KvCache& cache) override;
  void copy_cache(const KvCache& from, std::int64_t positions, KvCache& to) override;
  void expand_heads(const Attention& attention, const Tensor& x, Tensor& out) override;
  void attend(const Attention& attention, const Tensor& queries, const KvCache& cache, const Tensor& sinks,
              StepShape step, Tensor& out) override;
  void score(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
             Tensor& scores) override;
  void softmax(const Tensor& x, const Tensor& sinks, StepShape step, Tensor& out) override;
  void mix(const Attention& attention, const Tensor& probabilities, const KvCache& cache, StepShape step,
           Tensor& out) override;
  void activate(Activation kind, const Tensor& x, Tensor& out) override;
  void multiply(const Tensor& x, const Tensor& y, Tensor& out) override;
  void add(const Tensor& x, const Tensor& y, Tensor& out) override;
  void convert(const Tensor& x, Tensor& out) override;
  void copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, Tensor& out,
                    std::int64_t to) override;
  void last_rows(const Tensor& x, StepShape step, Tensor& out) override;
  void sample(const Tensor& logits, Tensor& tokens) override;

  void route(const Tensor& scores, const Tensor& bias, Routes& routes) override;
  void gather_rows(const Tensor& x, const Routes& routes, Tensor& out) override;
  void combine_experts(const Tensor& x, const Routes& routes, Tensor& out) override;
  void absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                      Tensor& out) override;
  void expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                     Tensor& out) override;
  void convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                Tensor& last_inputs, Tensor& out) override;
  void scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, Tensor& memory,
            Tensor& out) override;
  void scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, Tensor& memory,
            Tensor& out) override;
  void scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, Tensor& memory,
            Tensor& out) override;
  void predict_copies(const Tensor& copies, const Tensor& coefficients, Tensor& out) override;
  void correct_copies(const Tensor& computed, const Tensor& coefficients, Tensor& copies) override;

 private:
  Gemm& gemm_;
  cudaStream_t stream_;
  DeviceMemory memory_;
};

}  // namespace calibram
