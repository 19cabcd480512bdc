// SPDX-License-Identifier: MIT
// Alternating updates: the prediction of several copies of the hidden state from each other, and their
// correction by the one that was computed. A thread per element of the hidden state.
// Run it alone: cuda_tests --gtest_filter='Updates*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"

namespace calibram {
namespace {

/// Element i of copy c of a hidden state of `size` elements is at c * size + i.
struct PredictCopies {
  AnyElements copies, coefficients, out;
  std::int64_t size, columns;
  int count;  ///< of copies

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t i = thread.first(); i < size; i += thread.stride()) {
      const std::int64_t of_row = i / columns * count * count;
      CALIBRAM_ROLLED
      for (int to = 0; to < count; ++to) {
        float sum = copies[to * size + i];
        CALIBRAM_ROLLED
        for (int from = 0; from < count; ++from)
          sum += coefficients[of_row + to * count + from] * copies[from * size + i];
        out.set(to * size + i, sum);
      }
    }
  }
};

struct CorrectCopies {
  AnyElements computed, coefficients, copies;
  std::int64_t size, columns;
  int count;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t i = thread.first(); i < size; i += thread.stride()) {
      const float surprise = computed[i] - copies[i];
      for (int copy = 0; copy < count; ++copy) {
        const float factor = 1 + coefficients[i / columns * count + copy];
        copies.set(copy * size + i, copies[copy * size + i] + factor * surprise);
      }
    }
  }
};

}  // namespace

void CudaOps::predict_copies(const Tensor& copies, const Tensor& coefficients, Tensor& out) {
  check_predict_copies(copies, coefficients, out);
  const std::int64_t size = coefficients.rows * copies.columns;
  launch(stream_, grid_over(size),
         PredictCopies{any_elements(copies), any_elements(coefficients), any_elements(out), size,
                       copies.columns, static_cast<int>(copies.rows / coefficients.rows)});
}

void CudaOps::correct_copies(const Tensor& computed, const Tensor& coefficients, Tensor& copies) {
  check_correct_copies(computed, coefficients, copies);
  const std::int64_t size = element_count(computed);
  launch(stream_, grid_over(size),
         CorrectCopies{any_elements(computed), any_elements(coefficients), any_elements(copies), size,
                       computed.columns, static_cast<int>(coefficients.columns)});
}

}  // namespace calibram
