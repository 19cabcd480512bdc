// SPDX-License-Identifier: MIT
// The measuring child on a card: runs one point in this process's CUDA context and reports every stage.
#pragma once

#include "kernels/cuda/cublas_library.hpp"
#include "src/engine/measurement.hpp"

#include <functional>
#include <iosfwd>

namespace calibram {

struct CudaChildOptions {
  int device_index = 0;
  std::int64_t layers_executed = 0;  ///< by each step: all, or those that represent the others
  /// After every stage a line is awaited, so that the parent can ask NVML at that instant.
  bool barrier = false;
  std::function<CublasLibrary()> load_cublas;
};

/// Writes the report's lines (bench/sweep/report.hpp). Running out of device memory at any stage is a
/// finding, which it reports. @throws Error for what cannot be measured at all, and when `in` ends before a
/// barrier
void run_cuda_child(const Measurement& row, const CudaChildOptions& options, std::istream& in,
                    std::ostream& out);

}  // namespace calibram
