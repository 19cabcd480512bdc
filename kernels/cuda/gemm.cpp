// SPDX-License-Identifier: MIT
// Calls cuBLAS and cuBLASLt. Both see matrices column by column: a row-major [rows, columns] is to them a
// [columns, rows] with a leading dimension of `columns`, so that out^T = weight * x^T is what they are asked
// for.
#include "kernels/cuda/gemm.hpp"

#include "kernels/tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <limits>

namespace calibram {
namespace {

using namespace literals;

/// Rows of one call, whose sides are ints. A power of two keeps every part of a matrix aligned.
constexpr std::int64_t most_rows = 1 << 30;

constexpr auto exact_math =
    static_cast<cublasMath_t>(CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION);

int side(std::int64_t size) {
  require(size <= std::numeric_limits<int>::max(), "matmul", "a side of the weight is beyond 2^31 - 1");
  return static_cast<int>(size);
}

/// The rows of a matrix from `first` on, at most `count` of them.
void* row_of(const Tensor& matrix, std::int64_t first) {
  return elements<std::byte>(matrix) + first * matrix.columns * element_bytes(matrix.element);
}

/// What the addresses of all these matrices are multiples of: 256 bytes, which cuBLASLt supposes unless told
/// otherwise, or less where some are rows within a larger matrix.
std::int64_t alignment_of(std::initializer_list<const Tensor*> matrices) {
  std::uintptr_t bits = 256;
  for (const Tensor* matrix : matrices) bits |= reinterpret_cast<std::uintptr_t>(matrix->data);
  return std::int64_t{1} << std::countr_zero(bits);
}

/// One of cuBLASLt's descriptions, from its creation to the end of the scope.
template <typename Object>
class LtObject {
 public:
  using Destroy = cublasStatus_t (*)(Object);
  explicit LtObject(Destroy destroy) : destroy_{destroy} {}
  ~LtObject() {
    if (object_ != nullptr) destroy_(object_);
  }
  LtObject(const LtObject&) = delete;
  LtObject& operator=(const LtObject&) = delete;

  Object* address() noexcept { return &object_; }
  Object get() const noexcept { return object_; }

 private:
  Destroy destroy_;
  Object object_ = nullptr;
};

cublasLtHandle_t lt(cublasHandle_t handle) {
  return reinterpret_cast<cublasLtHandle_t>(handle);  // documented: one takes the other's place by a cast
}

}  // namespace

/// What cuBLASLt has to know of out = x * weight^T, INT8 in and INT32 out.
class Gemm::Int8Product {
 public:
  Int8Product(const Gemm& gemm, const Shape& shape) : gemm_{gemm} {
    const auto [outputs, rows, depth, alignment] = shape;
    alignment_ = static_cast<std::uint32_t>(alignment);
    const CublasLibrary& library = gemm.cublas_;
    gemm.check(library.lt_desc_create(operation_.address(), CUBLAS_COMPUTE_32I, CUDA_R_32I),
               "describe a product");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    gemm.check(
        library.lt_desc_set(operation_.get(), CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
        "describe a product");
    describe(weight_, CUDA_R_8I, depth, outputs);
    describe(x_, CUDA_R_8I, depth, rows);
    describe(out_, CUDA_R_32I, outputs, rows);
  }

  std::optional<cublasLtMatmulAlgo_t> choose_algorithm() {
    const CublasLibrary& library = gemm_.cublas_;
    LtObject<cublasLtMatmulPreference_t> preference{library.lt_preference_destroy};
    gemm_.check(library.lt_preference_create(preference.address()), "describe a product");
    const auto limit = static_cast<std::uint64_t>(gemm_.workspace_.size().count());
    gemm_.check(library.lt_preference_set(preference.get(), CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &limit,
                                          sizeof limit),
                "describe a product");
    for (const auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      gemm_.check(library.lt_preference_set(preference.get(), attribute, &alignment_, sizeof alignment_),
                  "describe a product");
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const cublasStatus_t status =
        library.lt_heuristic(lt(gemm_.handle_.get()), operation_.get(), weight_.get(), x_.get(), out_.get(),
                             out_.get(), preference.get(), 1, &found, &count);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED) return std::nullopt;
    gemm_.check(status, "choose an INT8 product");
    if (count == 0 || found.state != CUBLAS_STATUS_SUCCESS) return std::nullopt;
    return found.algo;
  }

  cublasStatus_t run(const cublasLtMatmulAlgo_t& algorithm, const Tensor& x, const Tensor& weight,
                     Tensor& out) {
    const std::int32_t one = 1, zero = 0;
    const DeviceBuffer& workspace = gemm_.workspace_;
    return gemm_.cublas_.lt_matmul(lt(gemm_.handle_.get()), operation_.get(), &one, weight.data,
                                   weight_.get(), x.data, x_.get(), &zero, out.data, out_.get(), out.data,
                                   out_.get(), &algorithm, workspace.data(),
                                   static_cast<std::size_t>(workspace.size().count()), gemm_.stream_);
  }

 private:
  using Layout = LtObject<cublasLtMatrixLayout_t>;

  void describe(Layout& layout, cudaDataType type, std::int64_t rows, std::int64_t columns) {
    gemm_.check(gemm_.cublas_.lt_layout_create(layout.address(), type, static_cast<std::uint64_t>(rows),
                                               static_cast<std::uint64_t>(columns), rows),
                "describe a product");
  }

  const Gemm& gemm_;
  std::uint32_t alignment_ = 0;
  LtObject<cublasLtMatmulDesc_t> operation_{gemm_.cublas_.lt_desc_destroy};
  Layout weight_{gemm_.cublas_.lt_layout_destroy}, x_{gemm_.cublas_.lt_layout_destroy},
      out_{gemm_.cublas_.lt_layout_destroy};
};

Bytes gemm_workspace_bytes(int compute_capability) { return compute_capability >= 90 ? 32_MiB : 4_MiB; }

Gemm::Gemm(const CublasLibrary& library, cudaStream_t stream, Bytes workspace)
    : cublas_{library}, stream_{stream}, workspace_{workspace}, handle_{nullptr, {&library}} {
  cublasHandle_t handle = nullptr;
  check(library.create(&handle), "start cuBLAS");
  handle_.reset(handle);
  check(library.set_stream(handle, stream), "set cuBLAS's stream");
  check(library.set_workspace(handle, workspace_.data(), static_cast<std::size_t>(workspace_.size().count())),
        "set cuBLAS's workspace");
  // Partial sums of a split depth would otherwise be added up in FP16, which costs more than a rounding.
  check(library.set_math_mode(handle, exact_math), "set cuBLAS's arithmetic");
}

Gemm::~Gemm() = default;

void Gemm::Destroy::operator()(cublasContext* handle) const noexcept { library->destroy(handle); }

void Gemm::check(cublasStatus_t status, std::string_view doing, const std::source_location& where) const {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED)  // it does not say how much it wanted
    throw OutOfMemory{"the card, where cuBLAS works,", Bytes{}, Bytes{}};
  const char* remedy = status == CUBLAS_STATUS_NOT_INITIALIZED ? "free memory on the card"
                       : status == CUBLAS_STATUS_ARCH_MISMATCH ? "install a cuBLAS that knows this card"
                                                               : "";
  throw Error{fmt::format("cannot {}", doing),
              fmt::format("{} of {} at {}:{}", cublas_.status_name(status), cublas_.path, where.file_name(),
                          where.line()),
              remedy};
}

void Gemm::multiply(const Tensor& x, const Tensor& weight, bool accumulate, Tensor& out) {
  require(x.element == weight.element && x.element == out.element &&
              (x.element == Element::fp16 || x.element == Element::fp32),
          "matmul", "there is no kernel for this combination of formats");
  const cudaDataType type = x.element == Element::fp16 ? CUDA_R_16F : CUDA_R_32F;
  const int outputs = side(weight.rows), depth = side(weight.columns);
  const float one = 1, added = accumulate ? 1 : 0;
  for (std::int64_t row = 0; row < x.rows; row += most_rows)
    check(cublas_.gemm_ex(handle_.get(), CUBLAS_OP_T, CUBLAS_OP_N, outputs,
                          side(std::min(most_rows, x.rows - row)), depth, &one, weight.data, type, depth,
                          row_of(x, row), type, depth, &added, row_of(out, row), type, outputs,
                          CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
          "multiply");
}

bool Gemm::multiply_int8(const Tensor& x, const Tensor& weight, Tensor& out) {
  if (weight.rows % 4 != 0 || weight.columns % 4 != 0) return false;
  const Shape shape{weight.rows, x.rows, weight.columns, alignment_of({&x, &weight, &out})};
  Int8Product product{*this, shape};
  const auto known = int8_algorithms_.find(shape);
  std::optional<cublasLtMatmulAlgo_t>& algorithm =
      known != int8_algorithms_.end()
          ? known->second
          : int8_algorithms_.emplace(shape, product.choose_algorithm()).first->second;
  if (!algorithm) return false;
  const cublasStatus_t status = product.run(*algorithm, x, weight, out);
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) {
    check(status, "multiply INT8 matrices");
    return true;
  }
  algorithm.reset();
  return false;
}

std::string Gemm::version() const {
  int version = 0;
  check(cublas_.get_version(handle_.get(), &version), "read cuBLAS's version");
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace calibram
