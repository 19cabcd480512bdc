// SPDX-License-Identifier: MIT
// The formats of quantised checkpoints, built from their parameters: bits, group sizes, kinds of scales.
#pragma once

#include "src/model/format.hpp"

namespace calibram {

/// GPTQ (arXiv:2210.17323) with `bits` of 2, 3, 4 or 8 and groups of `group` inputs, or one for all inputs
/// (-1), in AutoGPTQ's layout or, packed for the Marlin kernel, without zero points and order.
enum class GptqLayout : unsigned char { standard, marlin };
Format gptq_format(int bits, std::int64_t group, GptqLayout layout = GptqLayout::standard);

/// AWQ (arXiv:2306.00978) in 4 bits, in one of AutoAWQ's layouts.
enum class AwqLayout : unsigned char { gemm, gemv, gemv_fast };
Format awq_format(std::int64_t group, AwqLayout layout = AwqLayout::gemm);

/// bitsandbytes: "nf4" or "fp4", the blocks' maxima in FP32 or themselves quantised; LLM.int8.
Format bitsandbytes_4bit_format(std::string_view type, bool double_quantised);
Format bitsandbytes_8bit_format();

/// What has one scale of FP8 or INT8 values.
enum class ScaleOf : unsigned char { tensor, output };
/// `input_scale`: a scale of the activations is stored too, which is the case when it is static.
Format fp8_format(ScaleOf scale, std::int64_t scale_bytes, bool input_scale);
/// One FP32 scale for every block of `outputs` x `inputs` (DeepSeek-V3: 128 x 128).
Format fp8_block_format(std::int64_t outputs, std::int64_t inputs, std::int64_t scale_bytes,
                        bool input_scale);
/// INT8 values with one scale per tensor or output channel; zero points of one byte where asymmetric.
Format w8a8_format(ScaleOf scale, std::int64_t scale_bytes, bool symmetric, bool input_scale);

/// compressed-tensors' pack-quantized: integers of `bits` (1 to 8) in 32-bit words, groups of `group` inputs
/// or one for all inputs (-1).
struct PackedIntegers {
  int bits = 4;
  std::int64_t group = 128;
  bool symmetric = true;
  bool ordered = false;  ///< weight_g_idx is stored (actorder "group")
  std::int64_t scale_bytes = 2;
};
Format packed_format(const PackedIntegers& packed);

/// Blocks of 32 with a shared exponent (OCP Microscaling).
Format mxfp4_format(QuantisedRoles quantised);
/// Blocks of 16 with an FP8 scale, and an FP32 scale per tensor; a second one of the activations.
Format nvfp4_format(bool input_scale);

}  // namespace calibram
