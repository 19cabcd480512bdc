// SPDX-License-Identifier: MIT
// cuBLASLt for the processor: the calls that Gemm makes for INT8, with the meaning and the refusals of their
// documentation (docs.nvidia.com/cuda/cublas: cublasLtMatmul, table of INT8 kernels).
#include "tests/kernels/cuda/emulation/column_major.hpp"

namespace calibram::emulated {
namespace {

struct Operation {
  cublasComputeType_t compute;
  cudaDataType scale;
  cublasOperation_t transposed[2] = {CUBLAS_OP_N, CUBLAS_OP_N};
};
struct Layout {
  cudaDataType type;
  std::uint64_t rows, columns;
  std::int64_t leading;
};
struct Preference {
  std::uint64_t most_workspace = 0;
  std::uint32_t least_alignment[4] = {256, 256, 256, 256};  ///< of A, B, C and D, in bytes
};

constexpr std::uint64_t algorithm_mark = 0xC0FFEE;
constexpr std::size_t algorithm_workspace = 4096;

template <typename Object, typename Opaque>
cublasStatus_t create(Opaque* opaque, const Object& object) {
  *opaque = reinterpret_cast<Opaque>(new Object{object});
  ++emulated_cublas().descriptions;
  return CUBLAS_STATUS_SUCCESS;
}

template <typename Object, typename Opaque>
cublasStatus_t destroy(Opaque opaque) {
  delete &as<Object>(opaque);
  --emulated_cublas().descriptions;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t desc_create(cublasLtMatmulDesc_t* desc, cublasComputeType_t compute, cudaDataType scale) {
  return create(desc, Operation{compute, scale});
}
cublasStatus_t desc_set(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                        const void* value, std::size_t size) {
  const bool is_a = attribute == CUBLASLT_MATMUL_DESC_TRANSA;
  if ((!is_a && attribute != CUBLASLT_MATMUL_DESC_TRANSB) || size != sizeof(std::int32_t))
    return CUBLAS_STATUS_INVALID_VALUE;
  as<Operation>(desc).transposed[is_a ? 0 : 1] = *static_cast<const cublasOperation_t*>(value);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t layout_create(cublasLtMatrixLayout_t* layout, cudaDataType type, std::uint64_t rows,
                             std::uint64_t columns, std::int64_t leading) {
  return create(layout, Layout{type, rows, columns, leading});
}
cublasStatus_t preference_create(cublasLtMatmulPreference_t* preference) {
  return create(preference, Preference{});
}
cublasStatus_t preference_set(cublasLtMatmulPreference_t preference,
                              cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                              std::size_t size) {
  constexpr cublasLtMatmulPreferenceAttributes_t alignments[] = {
      CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
      CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES};
  for (std::size_t i = 0; i < std::size(alignments); ++i) {
    if (attribute != alignments[i] || size != sizeof(std::uint32_t)) continue;
    as<Preference>(preference).least_alignment[i] = *static_cast<const std::uint32_t*>(value);
    return CUBLAS_STATUS_SUCCESS;
  }
  if (attribute != CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES || size != sizeof(std::uint64_t))
    return CUBLAS_STATUS_INVALID_VALUE;
  as<Preference>(preference).most_workspace = *static_cast<const std::uint64_t*>(value);
  return CUBLAS_STATUS_SUCCESS;
}

/// The four matrices of D = A * B, and what the documentation demands of them.
struct Product {
  const Operation& operation;
  const Layout &a, &b, &c, &d;

  /// Shapes that go together, whatever the types.
  bool is_consistent() const {
    const auto stored_well = [](const Layout& layout) {
      return layout.rows > 0 && layout.columns > 0 &&
             layout.leading >= static_cast<std::int64_t>(layout.rows);
    };
    const auto is_t = [&](int side) { return operation.transposed[side] != CUBLAS_OP_N; };
    const std::uint64_t m = is_t(0) ? a.columns : a.rows, k = is_t(0) ? a.rows : a.columns;
    const std::uint64_t n = is_t(1) ? b.rows : b.columns, other_k = is_t(1) ? b.columns : b.rows;
    return stored_well(a) && stored_well(b) && stored_well(c) && stored_well(d) && k == other_k &&
           c.rows == m && c.columns == n && d.rows == m && d.columns == n;
  }

  /// The requirements of INT8 kernels with regular data ordering.
  bool has_kernel() const {
    const auto by_four = [](const Layout& layout) { return layout.leading % 4 == 0; };
    return operation.compute == CUBLAS_COMPUTE_32I && operation.scale == CUDA_R_32I && a.type == CUDA_R_8I &&
           b.type == CUDA_R_8I && c.type == CUDA_R_32I && d.type == CUDA_R_32I && by_four(a) && by_four(b) &&
           by_four(c) && by_four(d) && operation.transposed[0] == CUBLAS_OP_T &&
           operation.transposed[1] == CUBLAS_OP_N && d.rows % 4 == 0 && a.rows % 4 == 0;
  }

  cublasStatus_t status() const {
    if (!is_consistent()) return CUBLAS_STATUS_INVALID_VALUE;
    return has_kernel() && emulated_cublas().has_int8_kernels ? CUBLAS_STATUS_SUCCESS
                                                              : CUBLAS_STATUS_NOT_SUPPORTED;
  }
};

Product product(cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
  return {as<Operation>(operation), as<Layout>(a), as<Layout>(b), as<Layout>(c), as<Layout>(d)};
}

cublasStatus_t heuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a,
                         cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                         cublasLtMatmulPreference_t preference, int wanted,
                         cublasLtMatmulHeuristicResult_t* results, int* count) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (wanted < 1 || results == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  ++emulated_cublas().heuristics;
  *count = 0;
  const cublasStatus_t status = product(operation, a, b, c, d).status();
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  if (as<Preference>(preference).most_workspace < algorithm_workspace) return CUBLAS_STATUS_NOT_SUPPORTED;
  *count = 1;
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].algo.data[0] = algorithm_mark;
  // INT8 kernels take 16 bytes at a time, and none is found for less.
  for (std::size_t i = 0; i < 4; ++i) {
    if (as<Preference>(preference).least_alignment[i] < 16) return CUBLAS_STATUS_NOT_SUPPORTED;
    results[0].algo.data[i + 1] = as<Preference>(preference).least_alignment[i];
  }
  results[0].workspaceSize = algorithm_workspace;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t lt_matmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, const void* alpha,
                         const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                         cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                         cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                         const cublasLtMatmulAlgo_t* algorithm, void* workspace, std::size_t workspace_bytes,
                         cudaStream_t stream) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  const Product asked = product(operation, a_layout, b_layout, c_layout, d_layout);
  if (asked.status() != CUBLAS_STATUS_SUCCESS) return asked.status();
  if (!emulated_cublas().runs_int8_kernels) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (algorithm == nullptr || algorithm->data[0] != algorithm_mark || workspace == nullptr ||
      workspace_bytes < algorithm_workspace || (c == d && asked.c.leading != asked.d.leading))
    return CUBLAS_STATUS_INVALID_VALUE;
  // The heuristic supposes buffers on 256 bytes unless it is told otherwise
  // (CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT).
  const bool aligned = is_aligned(a, algorithm->data[1]) && is_aligned(b, algorithm->data[2]) &&
                       is_aligned(c, algorithm->data[3]) && is_aligned(d, algorithm->data[4]) &&
                       is_aligned(workspace, 256);
  if (!aligned) return CUBLAS_STATUS_INVALID_VALUE;
  multiply<std::int32_t, std::int8_t, std::int32_t>(
      static_cast<std::int64_t>(asked.d.rows), static_cast<std::int64_t>(asked.d.columns),
      static_cast<std::int64_t>(asked.a.rows), *static_cast<const std::int32_t*>(alpha),
      {static_cast<const std::int8_t*>(a), asked.a.leading, true},
      {static_cast<const std::int8_t*>(b), asked.b.leading, false}, *static_cast<const std::int32_t*>(beta),
      {static_cast<std::int32_t*>(d), asked.d.leading, false});
  note_product(workspace, workspace_bytes, stream);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

void add_lt(CublasLibrary& library) {
  library.lt_matmul = lt_matmul;
  library.lt_desc_create = desc_create;
  library.lt_desc_destroy = destroy<Operation, cublasLtMatmulDesc_t>;
  library.lt_desc_set = desc_set;
  library.lt_layout_create = layout_create;
  library.lt_layout_destroy = destroy<Layout, cublasLtMatrixLayout_t>;
  library.lt_preference_create = preference_create;
  library.lt_preference_destroy = destroy<Preference, cublasLtMatmulPreference_t>;
  library.lt_preference_set = preference_set;
  library.lt_heuristic = heuristic;
}

}  // namespace calibram::emulated
