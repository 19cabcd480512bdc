// SPDX-License-Identifier: MIT
// Operations on single elements: activations, products, sums, conversion between FP16 and FP32, copies of
// columns; eight elements a thread where the tensors are aligned. Run them alone: cuda_tests
// --gtest_filter='Elementwise*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"

#include <cmath>

namespace calibram {
namespace {

/// out = f(x). A thread has read its elements before it writes them, so `out` may be `x`.
template <typename Function, typename X, typename Out>
struct Apply {
  Function f;
  const X* x;
  Out* out;
  std::int64_t packs, count;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t pack = thread.first(); pack < packs; pack += thread.stride()) {
      float values[pack_elements];
      load_pack(x + pack * pack_elements, values);
      for (float& value : values) value = f(value);
      store_pack(values, out + pack * pack_elements);
    }
    for (std::int64_t i = packs * pack_elements + thread.first(); i < count; i += thread.stride())
      store(f(as_float(x[i])), out[i]);
  }
};

/// out = f(x, y); `out` may be `x` or `y`.
template <typename Function, typename X, typename Y, typename Out>
struct Combine {
  Function f;
  const X* x;
  const Y* y;
  Out* out;
  std::int64_t packs, count;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t pack = thread.first(); pack < packs; pack += thread.stride()) {
      float values[pack_elements], others[pack_elements];
      load_pack(x + pack * pack_elements, values);
      load_pack(y + pack * pack_elements, others);
      for (int i = 0; i < pack_elements; ++i) values[i] = f(values[i], others[i]);
      store_pack(values, out + pack * pack_elements);
    }
    for (std::int64_t i = packs * pack_elements + thread.first(); i < count; i += thread.stride())
      store(f(as_float(x[i]), as_float(y[i])), out[i]);
  }
};

/// The kind is the same for all threads, so that one kernel serves all. The formulas are those of
/// kernels/host/elementwise.cpp.
struct Activate {
  Activation kind;

  __device__ float operator()(float x) const {
    constexpr float twice_root = 1.5957691216F;          // 2 sqrt(2 / pi)
    if (kind == Activation::relu) return x < 0 ? 0 : x;  // a NaN stays
    if (kind == Activation::relu_squared) return x < 0 ? 0 : x * x;
    if (kind == Activation::sigmoid) return 1 / (1 + expf(-x));
    if (kind == Activation::tanh) return tanhf(x);
    const float slope = kind == Activation::silu ? x : twice_root * (x + 0.044715F * x * x * x);
    return x / (1 + expf(-slope));
  }
};
struct Same {
  __device__ float operator()(float x) const { return x; }
};
struct Product {
  __device__ float operator()(float x, float y) const { return x * y; }
};
struct Total {
  __device__ float operator()(float x, float y) const { return x + y; }
};

/// out = x * y for a y of one factor a row, or one a column; a block per row. `out` may be `x`.
template <typename X, typename Out>
struct Scale {
  const X* x;
  AnyElements y;
  Out* out;
  std::int64_t rows, columns;
  std::int64_t row_step, column_step;  ///< of y, one of them 0

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks())
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        const std::int64_t at = row * columns + i;
        store(as_float(x[at]) * y[row * row_step + i * column_step], out[at]);
      }
  }
};

/// Copies `count` columns in pieces of one Piece, a block per row. All lengths are in pieces.
template <typename Piece>
struct CopyRow {
  const Piece* x;  ///< the first that is copied
  Piece* out;      ///< where it goes
  std::int64_t rows, count, x_stride, out_stride;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks())
      for (std::int64_t i = thread.index(); i < count; i += thread.count())
        out[row * out_stride + i] = x[row * x_stride + i];
  }
};

/// How many of `count` elements are taken in packs, and the threads for them and the rest.
struct Work {
  std::int64_t packs;
  Grid grid;
};
Work work_on(std::int64_t count, bool aligned) {
  const std::int64_t packs = aligned ? count / pack_elements : 0;
  return {packs, grid_over(std::max(packs, count - packs * pack_elements))};
}

template <typename Function>
void apply(cudaStream_t stream, const Function& f, const Tensor& x, const Tensor& out,
           std::string_view operation) {
  check_elementwise(x, out, operation);
  const std::int64_t count = element_count(x);
  const Work work = work_on(count, is_aligned(x) && is_aligned(out));
  with_float(x, operation, [&](auto* in) {
    with_float(out, operation, [&](auto* result) {
      using X = Pointee<decltype(in)>;
      using Out = Pointee<decltype(result)>;
      launch(stream, work.grid,
             Apply<Function, X, Out>{f, elements<X>(x), elements<Out>(out), work.packs, count});
    });
  });
}

template <typename Function>
void combine(cudaStream_t stream, const Function& f, const Tensor& x, const Tensor& y, const Tensor& out,
             std::string_view operation) {
  check_elementwise(x, y, out, operation);
  const std::int64_t count = element_count(x);
  const Work work = work_on(count, is_aligned(x) && is_aligned(y) && is_aligned(out));
  with_float(x, operation, [&](auto* in) {
    with_float(y, operation, [&](auto* other) {
      with_float(out, operation, [&](auto* result) {
        using X = Pointee<decltype(in)>;
        using Y = Pointee<decltype(other)>;
        using Out = Pointee<decltype(result)>;
        launch(stream, work.grid,
               Combine<Function, X, Y, Out>{f, elements<X>(x), elements<Y>(y), elements<Out>(out), work.packs,
                                            count});
      });
    });
  });
}

/// y has as many elements as x has rows, or columns.
void scale(cudaStream_t stream, const Tensor& x, const Tensor& y, const Tensor& out) {
  const bool by_row = y.columns == 1 && y.rows == x.rows;
  with_float(x, "multiply", [&](auto* in) {
    with_float(out, "multiply", [&](auto* result) {
      using X = Pointee<decltype(in)>;
      using Out = Pointee<decltype(result)>;
      launch(stream, grid_over_rows(x.rows),
             Scale<X, Out>{elements<X>(x), any_elements(y), elements<Out>(out), x.rows, x.columns,
                           by_row ? 1 : 0, by_row ? 0 : 1});
    });
  });
}

/// The lengths of a copy of columns, in bytes.
struct ColumnCopy {
  std::int64_t from, to, count, x_stride, out_stride;
};

template <typename Piece>
void copy_in(cudaStream_t stream, const Tensor& x, const Tensor& out, const ColumnCopy& lengths) {
  constexpr std::int64_t size = sizeof(Piece);
  launch(stream, grid_over_rows(x.rows),
         CopyRow<Piece>{elements<Piece>(x) + lengths.from / size, elements<Piece>(out) + lengths.to / size,
                        x.rows, lengths.count / size, lengths.x_stride / size, lengths.out_stride / size});
}

}  // namespace

void CudaOps::activate(Activation kind, const Tensor& x, Tensor& out) {
  apply(stream_, Activate{kind}, x, out, "activate");
}

void CudaOps::multiply(const Tensor& x, const Tensor& y, Tensor& out) {
  check_multiply(x, y, out);
  if (element_count(x) != element_count(y)) return scale(stream_, x, y, out);
  combine(stream_, Product{}, x, y, out, "multiply");
}

void CudaOps::add(const Tensor& x, const Tensor& y, Tensor& out) {
  combine(stream_, Total{}, x, y, out, "add");
}

void CudaOps::convert(const Tensor& x, Tensor& out) { apply(stream_, Same{}, x, out, "convert"); }

void CudaOps::copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, Tensor& out,
                           std::int64_t to) {
  check_copy_columns(x, from, count, out, to);
  const std::int64_t size = element_bytes(x.element);
  const ColumnCopy bytes{from * size, to * size, count * size, x.columns * size, out.columns * size};
  const std::int64_t all = bytes.from | bytes.to | bytes.count | bytes.x_stride | bytes.out_stride;
  const bool in_packs = all % std::int64_t{pack_alignment} == 0 && is_aligned(x) && is_aligned(out);
  in_packs ? copy_in<uint4>(stream_, x, out, bytes) : copy_in<std::uint16_t>(stream_, x, out, bytes);
}

}  // namespace calibram
