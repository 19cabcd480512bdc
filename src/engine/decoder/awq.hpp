// SPDX-License-Identifier: MIT
// AutoAWQ's scratch beside a product: a whole 16-bit matrix for long inputs, else partial results.
//
// awq/modules/linear/gemm.py @88e4c76b, WQLinearMMFunction; awq_ext gemm_forward_cuda, split_k_iters.
#pragma once

#include <cstdint>

namespace calibram::awq {

inline constexpr std::int64_t long_input = 1024;  ///< tokens of all sequences together, from which it is long
inline constexpr std::int64_t split_k_iterations = 8;  ///< partial results of a short one

}  // namespace calibram::awq
