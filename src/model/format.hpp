// SPDX-License-Identifier: MIT
// Number formats of weights and KV entries, with their exact bytes.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace calibram {

/// How a weight matrix is stored. Bytes follow from blocks along the input dimension, plus what each
/// output channel or input feature adds; `nominal_bits` is what the rules of thumb multiply with.
struct Format {
  std::string_view name;
  double nominal_bits;
  std::int64_t block_elements;        ///< elements that share one block
  std::int64_t block_bytes;           ///< bytes of a block: values, scales, zero points
  std::int64_t bytes_per_output = 0;  ///< per output channel (INT8: one FP32 scale)
  std::int64_t bytes_per_input = 0;   ///< per input feature (GPTQ: g_idx)
  std::int64_t input_multiple = 1;    ///< the input dimension is padded to a multiple of this
  bool quantises_outer = true;        ///< whether embedding and head are stored so too, not in 16 bit
  bool is_weight_format = true;
  bool is_kv_format = true;
  std::string_view source;  ///< where the layout is documented
};

/// All formats, in the order in which they are listed to people.
std::span<const Format> formats();

/// @throws InputError for an unknown name, with the nearest ones; or for one that `usage` ("weights", "kv")
/// excludes
const Format& weight_format(std::string_view name);
const Format& kv_format(std::string_view name);

/// Bytes of a matrix of `outputs` x `inputs` in this format.
Bytes matrix_bytes(const Format& format, std::int64_t outputs, std::int64_t inputs);

/// Bytes per element of what a quantised checkpoint leaves alone (norms, biases, and the embedding
/// and head unless `quantises_outer`): 4 for fp32, else 2.
std::int64_t plain_element_bytes(const Format& format);

}  // namespace calibram
