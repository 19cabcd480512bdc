// SPDX-License-Identifier: MIT
// Matrix products by cuBLAS, FP16 and FP32 in with FP32 sums, and by cuBLASLt for INT8; one handle, one
// workspace.
#pragma once

#include "kernels/cuda/cublas_library.hpp"
#include "kernels/cuda/device_memory.hpp"
#include "src/engine/ops.hpp"

#include <array>
#include <map>
#include <optional>
#include <source_location>
#include <string>

namespace calibram {

/// The workspace that cuBLAS's documentation recommends (cublasSetWorkspace): 32 MiB on Hopper and later, 4
/// MiB before. Set by us, so that the library allocates none of its own.
Bytes gemm_workspace_bytes(int compute_capability);

class Gemm {
 public:
  /// Creates the handle and sets stream and workspace, in this order: setting the stream drops the workspace.
  /// `library` must outlive it. @throws Error when the library refuses, OutOfMemory
  Gemm(const CublasLibrary& library, cudaStream_t stream, Bytes workspace);
  ~Gemm();
  Gemm(const Gemm&) = delete;
  Gemm& operator=(const Gemm&) = delete;

  /// out[r, o] = sum_i x[r, i] * weight[o, i] (+ out[r, o], if `accumulate`). All three FP16 or all FP32;
  /// sums in FP32, never TF32. @throws InputError for other elements, or sides beyond INT32
  void multiply(const Tensor& x, const Tensor& weight, bool accumulate, Tensor& out);

  /// out[r, o] = sum_i x[r, i] * weight[o, i], INT8 in, INT32 out. Needs depth and outputs that are multiples
  /// of 4 (cublasLtMatmul, table of INT8 kernels); false when cuBLASLt has no kernel for the shape or the
  /// addresses, and then nothing was done.
  bool multiply_int8(const Tensor& x, const Tensor& weight, Tensor& out);

  /// The workspace may hold intermediate results of other kernels of the same stream between products.
  const DeviceBuffer& workspace() const noexcept { return workspace_; }
  /// "13.1.0"
  std::string version() const;

 private:
  /// Destroys the handle, also when the constructor fails halfway.
  struct Destroy {
    const CublasLibrary* library;
    void operator()(cublasContext* handle) const noexcept;
  };
  /// Of an INT8 product: outputs, rows, depth, and the bytes to which all three matrices are aligned.
  using Shape = std::array<std::int64_t, 4>;
  class Int8Product;

  void check(cublasStatus_t status, std::string_view doing,
             const std::source_location& where = std::source_location::current()) const;

  const CublasLibrary& cublas_;
  cudaStream_t stream_;
  DeviceBuffer workspace_;
  std::unique_ptr<cublasContext, Destroy> handle_;
  /// What cuBLASLt's heuristic has chosen, since asking takes longer than a small product; nothing where it
  /// has no kernel.
  std::map<Shape, std::optional<cublasLtMatmulAlgo_t>> int8_algorithms_;
};

}  // namespace calibram
