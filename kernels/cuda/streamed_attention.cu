// SPDX-License-Identifier: MIT
// Causal attention without a score matrix: which kernel takes a step, and the start of the one on tensor
// cores. Run it alone: cuda_tests --gtest_filter='*Attend*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/query_tile.cuh"

namespace calibram {
namespace {

/// CUDA 13 knows no card without tensor cores.
bool has_tensor_cores() {
#if defined(__CUDACC__) && CUDART_VERSION < 13000
  int device = 0, major = 0;
  cuda_check(cudaGetDevice(&device), "ask for the current card");
  cuda_check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
             "ask for the card's compute capability");
  return major >= 7;
#else
  return true;
#endif
}

/// With fewer rows most of a tile of 64 would be empty, and blocks too few to fill a card.
constexpr int least_rows = 32;

/// Keys and values of one size, each in its own place.
bool takes_tensor_cores(const HeadShape& shape, const Tensor& queries, const KvCache& cache) {
  const auto fits = [](const Tensor& entries) {
    return entries.element == Element::fp16 || entries.element == Element::int8;
  };
  return queries.element == Element::fp16 && fits(cache.keys) && cache.keys.element == cache.values.element &&
         shape.head_size % matrix_size == 0 && shape.head_size <= 256 && !cache.values.empty() &&
         shape.value_size == shape.head_size && shape.rows() >= least_rows && has_tensor_cores();
}

template <int head_class, typename T>
void attend_in_tiles(cudaStream_t stream, const Attention& attention, StepShape step, const Tensor& queries,
                     const KvCache& cache, const Tensor& sinks, const Tensor& out) {
  using Kernel = QueryTileAttention<head_class, T>;
  Kernel kernel;
  kernel.shape = shape_of(attention, step);
  kernel.query = elements<__half>(queries);
  kernel.cache = view_of<T>(cache, attention);
  kernel.sinks = {any_elements(sinks)};
  kernel.out = any_elements(out);
  kernel.tiles = (kernel.shape.rows() + Kernel::queries - 1) / Kernel::queries;
  launch<Kernel::threads>(
      stream, {kernel.shape.pairs() * kernel.tiles, Kernel::threads, Kernel::shared_bytes}, kernel);
}

/// Calls f with the smallest class that has room for heads of this size, a std::integral_constant.
template <typename Function>
void with_head_class(std::int64_t head_size, const Function& f) {
  if (head_size <= 64) return f(std::integral_constant<int, 64>{});
  if (head_size <= 128) return f(std::integral_constant<int, 128>{});
  f(std::integral_constant<int, 256>{});
}

}  // namespace

void CudaOps::attend(const Attention& attention, const Tensor& queries, const KvCache& cache,
                     const Tensor& sinks, StepShape step, Tensor& out) {
  check_queries(attention, queries, cache, step, "attend");
  check_mixed(attention, out, cache, step, "attend");
  check_sinks(sinks, attention.heads, "attend");
  if (!takes_tensor_cores(shape_of(attention, step), queries, cache))
    return attend_in_parts(stream_, gemm_.workspace(), attention, step, queries, cache, sinks, out);
  with_head_class(attention.head_size, [&](auto head_class) {
    if (cache.keys.element == Element::fp16)
      attend_in_tiles<head_class, __half>(stream_, attention, step, queries, cache, sinks, out);
    else
      attend_in_tiles<head_class, std::int8_t>(stream_, attention, step, queries, cache, sinks, out);
  });
}

}  // namespace calibram
