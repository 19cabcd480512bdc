// SPDX-License-Identifier: MIT
// Which tensors a quantised checkpoint stores in the place of a matrix, method by method.
#include "src/model/quantisation/packed_formats.hpp"

#include <fmt/format.h>

#include <numeric>

namespace calibram {
namespace {

constexpr QuantisedRoles layers_only{.outer = false};
constexpr std::int64_t word_bits = 32;

/// Values of `bits` packed into whole 32-bit words along one dimension: the smallest run that fills words.
struct WordRun {
  std::int64_t elements;
  std::int64_t bytes;
};
WordRun word_run(std::int64_t bits) {
  const std::int64_t run = std::lcm(bits, word_bits);
  return {run / bits, run / 8};
}

/// Names say what differs from the usual group size of 128.
std::string grouped_name(std::string name, std::int64_t group) {
  if (group == 128) return name;
  return group == -1 ? name + "-channel" : fmt::format("{}-g{}", name, group);
}

/// A tile of all inputs where there are no groups.
std::int64_t group_tile(std::int64_t group) { return group == -1 ? 0 : group; }

FormatPart scale_part(std::string_view name, ScaleOf scale, std::int64_t bytes) {
  return {name, bytes, scale == ScaleOf::tensor ? 0 : 1, 0};
}
FormatPart scalar_part(std::string_view name, std::int64_t bytes) { return {name, bytes, 0, 0}; }

}  // namespace

// AutoGPTQ auto_gptq/nn_modules/qlinear/qlinear_cuda_old.py, qlinear_marlin.py @9f7d3707. Values are packed
// along the inputs, zero points along the outputs.
Format gptq_format(int bits, std::int64_t group, GptqLayout layout) {
  const WordRun run = word_run(bits);
  Format format{.name = grouped_name(fmt::format("gptq-int{}", bits), group),
                .nominal_bits = static_cast<double>(bits),
                .quantised = layers_only,
                .source = "AutoGPTQ auto_gptq/nn_modules/qlinear @9f7d3707"};
  if (layout == GptqLayout::marlin) {
    format.name += "-marlin";
    format.parts = {{"B", run.bytes, 1, run.elements}, {"s", 2, 1, group_tile(group)}};
    format.layout = "groups of inputs with an FP16 scale, symmetric";
    return format;
  }
  format.parts = {{"qweight", run.bytes, 1, run.elements},
                  {"qzeros", run.bytes, run.elements, group_tile(group)},
                  {"scales", 2, 1, group_tile(group)},
                  {"g_idx", 4, 0, 1}};
  format.has_unpacking_buffer = bits == 4;  // exllamav2 knows 4 bits only
  format.layout = "groups of inputs with an FP16 scale and a zero point; one INT32 per input (g_idx)";
  return format;
}

// AutoAWQ awq/modules/linear/gemm.py, gemv.py, gemv_fast.py @88e4c76b. gemv pads the number of groups so
// that the zero points of a row fill an even (groups of 64) or fourfold (of 32) number of words.
Format awq_format(std::int64_t group, AwqLayout layout) {
  Format format{.name = grouped_name("awq-int4", group),
                .nominal_bits = 4,
                .quantised = layers_only,
                .layout = "groups of inputs with an FP16 scale and a 4-bit zero point",
                .source = "AutoAWQ awq/modules/linear/gemm.py @88e4c76b"};
  const std::int64_t tile = group_tile(group);
  if (layout == AwqLayout::gemm) {
    format.parts = {{"qweight", 4, 8, 1}, {"qzeros", 4, 8, tile}, {"scales", 2, 1, tile}};
    return format;
  }
  const std::int64_t padded_words = group >= 128 || group == -1 ? 1 : group == 64 ? 2 : 4;
  const std::int64_t padded = tile * 8 * padded_words;  // inputs whose groups share the padded words
  format.name += layout == AwqLayout::gemv ? "-gemv" : "-gemv-fast";
  const std::int64_t zero_bytes = layout == AwqLayout::gemv ? 4 * padded_words : 16 * padded_words;
  format.parts = {
      {"qweight", 4, 1, 8}, {"qzeros", zero_bytes, 1, padded}, {"scales", 16 * padded_words, 1, padded}};
  format.source = "AutoAWQ awq/modules/linear/gemv.py, gemv_fast.py @88e4c76b";
  return format;
}

// bitsandbytes bitsandbytes/functional.py quantize_4bit and QuantState @95f9af30: blocks of 64 of the
// flattened matrix. Double quantisation keeps the maxima, less their mean, in 8 bits with an FP32 maximum for
// every 256 of them. On the device; a file holds some 100 to 200 bytes of JSON more per matrix (quant_state),
// and the mean only there.
Format bitsandbytes_4bit_format(std::string_view type, bool double_quantised) {
  constexpr std::int64_t block = 64;
  constexpr std::int64_t nested_block = 256;
  Format format{.name = std::string{type} + (double_quantised ? "-double" : ""),
                .nominal_bits = 4,
                .parts = {{"weight", 1, 1, 2, true}},
                .quantised = layers_only,
                .source = "bitsandbytes bitsandbytes/functional.py quantize_4bit, QuantState @95f9af30"};
  const FormatPart code_book = scalar_part("quant_map", 16 * 4);
  if (!double_quantised) {
    format.parts.push_back({"absmax", 4, 1, block, true});
    format.parts.push_back(code_book);
    format.layout = "blocks of 64 with an FP32 maximum, and a code book";
    return format;
  }
  format.parts.push_back({"absmax", 1, 1, block, true});
  format.parts.push_back(code_book);
  format.parts.push_back({"nested_absmax", 4, 1, block * nested_block, true});
  format.parts.push_back(scalar_part("nested_quant_map", 256 * 4));
  format.parts.push_back(scalar_part("nested_offset", 4));
  format.layout = "blocks of 64 with an 8-bit maximum, 256 of these with an FP32 one, and two code books";
  return format;
}

// bitsandbytes bitsandbytes/nn/modules.py Linear8bitLt @95f9af30; a file holds one byte more (weight_format).
Format bitsandbytes_8bit_format() {
  return {.name = "bnb-int8",
          .nominal_bits = 8,
          .parts = {{"weight", 1}, scale_part("SCB", ScaleOf::output, 4)},
          .quantised = layers_only,
          .layout = "LLM.int8: 1 byte, one FP32 maximum per output channel",
          .source = "bitsandbytes bitsandbytes/nn/modules.py Linear8bitLt @95f9af30"};
}

Format fp8_format(ScaleOf scale, std::int64_t scale_bytes, bool input_scale) {
  Format format{.name = scale == ScaleOf::tensor ? "fp8"
                        : scale_bytes == 4       ? "fp8-channel-fp32"
                                                 : "fp8-channel",
                .nominal_bits = 8,
                .parts = {{"weight", 1}, scale_part("weight_scale", scale, scale_bytes)},
                .quantised = layers_only,
                .layout = scale == ScaleOf::tensor ? "1 byte, one scale per tensor"
                                                   : "1 byte, one scale per output channel",
                .source =
                    "compressed-tensors src/compressed_tensors/quantization/lifecycle/initialize.py "
                    "@ac8e2ba8; transformers integrations/finegrained_fp8.py, fbgemm_fp8.py @33d2cee8"};
  if (!input_scale) return format;
  format.name += "-static";
  format.parts.push_back(scalar_part("input_scale", scale_bytes));
  return format;
}

// DeepSeek-V3 README_WEIGHTS.md: weight_scale_inv, the last blocks of both dimensions may be cut.
Format fp8_block_format(std::int64_t outputs, std::int64_t inputs, std::int64_t scale_bytes,
                        bool input_scale) {
  Format format{
      .name = outputs == 128 && inputs == 128 ? "fp8-block" : fmt::format("fp8-block-{}x{}", outputs, inputs),
      .nominal_bits = 8,
      .parts = {{"weight", 1}, {"weight_scale_inv", scale_bytes, outputs, inputs}},
      .quantised = layers_only,
      .layout = "1 byte, one scale per block of outputs and inputs",
      .source = "transformers integrations/finegrained_fp8.py FP8Linear @33d2cee8"};
  if (input_scale) format.parts.push_back(scalar_part("activation_scale", 4));
  return format;
}

Format w8a8_format(ScaleOf scale, std::int64_t scale_bytes, bool symmetric, bool input_scale) {
  Format format{.name = scale == ScaleOf::tensor ? "w8a8-tensor" : "w8a8",
                .nominal_bits = 8,
                .parts = {{"weight", 1}, scale_part("weight_scale", scale, scale_bytes)},
                .quantised = layers_only,
                .layout = "1 byte, one 16-bit scale per output channel",
                .source =
                    "compressed-tensors src/compressed_tensors/quantization/lifecycle/initialize.py "
                    "@ac8e2ba8: int-quantized"};
  if (!symmetric) format.parts.push_back(scale_part("weight_zero_point", scale, 1));
  if (input_scale) format.parts.push_back(scalar_part("input_scale", scale_bytes));
  return format;
}

// compressed-tensors src/compressed_tensors/compressors/pack_quantized/base.py @ac8e2ba8.
Format packed_format(const PackedIntegers& packed) {
  const WordRun run = word_run(packed.bits);
  const std::int64_t tile = group_tile(packed.group);
  // A word holds whatever number of values begins in it, and the last word of a row is whole.
  const bool fills_words = word_bits % packed.bits == 0;
  const std::int64_t word = fills_words ? word_bits / packed.bits : run.elements;
  const std::int64_t word_bytes = fills_words ? word_bits / 8 : run.bytes;
  Format format{.name = grouped_name(fmt::format("w{}a16", packed.bits), packed.group),
                .nominal_bits = static_cast<double>(packed.bits),
                .parts = {{"weight_packed", word_bytes, 1, word},
                          {"weight_scale", packed.scale_bytes, 1, tile},
                          scalar_part("weight_shape", 2 * 8)},
                .quantised = layers_only,
                .layout = "groups of inputs with a 16-bit scale, the shape as two INT64",
                .source =
                    "compressed-tensors src/compressed_tensors/compressors/pack_quantized/base.py "
                    "@ac8e2ba8"};
  if (!packed.symmetric) format.parts.push_back({"weight_zero_point", word_bytes, word, tile});
  if (packed.ordered) format.parts.push_back({"weight_g_idx", 4, 0, 1});
  return format;
}

Format mxfp4_format(QuantisedRoles quantised) {
  return {.name = quantised.matrices ? "mxfp4-all" : "mxfp4",
          .nominal_bits = 4,
          .parts = {{"blocks", 16, 1, 32}, {"scales", 1, 1, 32}},
          .quantised = quantised,
          .layout = quantised.matrices ? "blocks of 32 with an 8-bit exponent"
                                       : "blocks of 32 with an 8-bit exponent; experts only, as in gpt-oss",
          .source = "OCP Microscaling Formats (MX) 1.0; openai/gpt-oss gpt_oss/torch/weights.py"};
}

Format nvfp4_format(bool input_scale) {
  Format format{.name = input_scale ? "nvfp4" : "nvfp4a16",
                .nominal_bits = 4,
                .parts = {{"weight", 8, 1, 16}, {"weight_scale", 1, 1, 16}, scalar_part("weight_scale_2", 4)},
                .quantised = layers_only,
                .layout = "blocks of 16 with an FP8 scale, one FP32 scale per tensor",
                .source =
                    "compressed-tensors src/compressed_tensors/compressors/nvfp4/base.py @ac8e2ba8; "
                    "TensorRT Model Optimizer's checkpoints have the same tensors"};
  if (input_scale) format.parts.push_back(scalar_part("input_scale", 4));
  return format;
}

}  // namespace calibram
