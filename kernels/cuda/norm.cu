// SPDX-License-Identifier: MIT
// RMSNorm and LayerNorm: a block per row; two passes over it for LayerNorm, one for RMSNorm.
// Run it alone: cuda_tests --gtest_filter='Norm*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"

namespace calibram {
namespace {

template <typename X, typename W, typename Out>
struct NormRow {
  const X* x;
  const W* weight;  ///< may be null
  const W* bias;    ///< may be null
  Out* out;
  std::int64_t rows, columns;
  std::int64_t weights;  ///< rows of the weight, which those of x take in turns
  float epsilon;
  bool centred;  ///< LayerNorm subtracts the mean

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const X* from = x + row * columns;
      const float mean = centred ? mean_of(thread, from, 0, [](float value) { return value; }) : 0;
      const float square = mean_of(thread, from, mean, [](float value) { return value * value; });
      const float factor = 1 / sqrtf(square + epsilon);
      const W* factors = weight == nullptr ? nullptr : weight + row % weights * columns;
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        const float normed = (as_float(from[i]) - mean) * factor;
        const float scaled = factors == nullptr ? normed : normed * as_float(factors[i]);
        store(bias == nullptr ? scaled : scaled + as_float(bias[i]), out[row * columns + i]);
      }
    }
  }

 private:
  template <typename Function>
  __device__ float mean_of(Thread& thread, const X* from, float shift, const Function& f) const {
    float sum = 0;
    for (std::int64_t i = thread.index(); i < columns; i += thread.count())
      sum += f(as_float(from[i]) - shift);
    return block_reduce(thread, sum, thread.shared<float>(), 0, Sum{}) / static_cast<float>(columns);
  }
};

}  // namespace

void CudaOps::norm(Norm kind, double epsilon, const Tensor& x, const Tensor& weight, const Tensor& bias,
                   Tensor& out) {
  check_norm(x, weight, bias, out);
  require(bias.empty() || weight.empty() || bias.element == weight.element, "norm",
          "weight and bias differ in format");
  const Tensor& given = !weight.empty() ? weight : !bias.empty() ? bias : x;  // one of them has the format
  const std::int64_t weights = weight.empty() ? 1 : element_count(weight) / x.columns;
  const Grid grid = grid_over_rows(x.rows, reduction_bytes);
  with_float(x, "norm", [&](auto* in) {
    with_float(given, "norm", [&](auto* factor) {
      with_float(out, "norm", [&](auto* result) {
        using X = Pointee<decltype(in)>;
        using W = Pointee<decltype(factor)>;
        using Out = Pointee<decltype(result)>;
        launch(
            stream_, grid,
            NormRow<X, W, Out>{elements<X>(x), elements<W>(weight), elements<W>(bias), elements<Out>(out),
                               x.rows, x.columns, weights, static_cast<float>(epsilon), kind == Norm::layer});
      });
    });
  });
}

}  // namespace calibram
