// SPDX-License-Identifier: MIT
// The table of number formats that have a name.
#include "src/model/format.hpp"
#include "src/model/quantisation/packed_formats.hpp"

#include <utility>
#include <vector>

namespace calibram {
namespace {

constexpr std::string_view ggml = "ggml src/ggml-common.h @d99724f2, static_asserts of the block types";

Format plain(std::string name, std::int64_t bytes, std::string_view layout, std::string_view source) {
  return {.name = std::move(name),
          .nominal_bits = 8.0 * static_cast<double>(bytes),
          .parts = {{"weight", bytes}},
          .plain_bytes = bytes,
          .kv = KvLayout{1, bytes},
          .layout = layout,
          .source = source};
}

/// A ggml type, meant as a plain one: every matrix, embedding and head included, in this type, norms and
/// biases in FP32. llama-quantize keeps the head of most files in q6_k; a GGUF file tells.
struct GgmlType {
  std::string_view name;
  double nominal_bits;
  std::int64_t elements;
  std::int64_t bytes;
  std::string_view layout;
  bool in_cache = false;
};

constexpr std::string_view super_blocks = "super-blocks of 256";
constexpr std::string_view working_type = "what activations are converted to; not a type of stored weights";

constexpr GgmlType ggml_types[] = {
    {"q8_0", 8, 32, 34, "blocks of 32 with an FP16 scale", true},
    {"q4_0", 4, 32, 18, "blocks of 32 with an FP16 scale", true},
    {"q4_1", 4, 32, 20, "blocks of 32 with an FP16 scale and minimum", true},
    {"q5_0", 5, 32, 22, "blocks of 32 with an FP16 scale", true},
    {"q5_1", 5, 32, 24, "blocks of 32 with an FP16 scale and minimum", true},
    {"q1_0", 1, 128, 18, "blocks of 128 with an FP16 scale"},
    {"q2_0", 2, 64, 18, "blocks of 64 with an FP16 scale"},
    {"q8_1", 8, 32, 36, working_type},
    {"q2_k", 2, 256, 84, super_blocks},
    {"q3_k", 3, 256, 110, super_blocks},
    {"q4_k", 4, 256, 144, super_blocks},
    {"q5_k", 5, 256, 176, super_blocks},
    {"q6_k", 6, 256, 210, super_blocks},
    {"q8_k", 8, 256, 292, working_type},
    {"iq1_s", 1, 256, 50, super_blocks},
    {"iq1_m", 1, 256, 56, super_blocks},
    {"iq2_xxs", 2, 256, 66, super_blocks},
    {"iq2_xs", 2, 256, 74, super_blocks},
    {"iq2_s", 2, 256, 82, super_blocks},
    {"iq3_xxs", 3, 256, 98, super_blocks},
    {"iq3_s", 3, 256, 110, super_blocks},
    {"iq4_nl", 4, 32, 18, "blocks of 32 with an FP16 scale, values from a code book", true},
    {"iq4_xs", 4, 256, 136, super_blocks},
    {"tq1_0", 1, 256, 54, "ternary, super-blocks of 256"},
    {"tq2_0", 2, 256, 66, "ternary, super-blocks of 256"},
    {"ggml-mxfp4", 4, 32, 17, "blocks of 32 with an 8-bit exponent"},
    {"ggml-nvfp4", 4, 64, 36, "blocks of 64: four of 16 with an FP8 scale each"},
};

Format ggml_format(const GgmlType& type) {
  return {.name = std::string{type.name},
          .nominal_bits = type.nominal_bits,
          .parts = {{"weight", type.bytes, 1, type.elements}},
          .plain_bytes = 4,
          .kv = type.in_cache ? std::optional{KvLayout{type.elements, type.bytes}} : std::nullopt,
          .layout = type.layout,
          .source = ggml};
}

/// A mix that llama-quantize chooses per tensor and model (llama.cpp src/llama-quant.cpp). Mixes that are
/// named like the type of most of their tensors (q2_k, q6_k, iq2_xs, …) are listed as that type.
struct GgmlMix {
  std::string_view name;
  double nominal_bits;
};
constexpr GgmlMix ggml_mixes[] = {
    {"q2_k_s", 2}, {"q3_k_s", 3}, {"q3_k_m", 3}, {"q3_k_l", 3}, {"q4_k_s", 4}, {"q4_k_m", 4},
    {"q5_k_s", 5}, {"q5_k_m", 5}, {"iq2_m", 2},  {"iq3_xs", 3}, {"iq3_m", 3},
};

Format mix_format(const GgmlMix& mix) {
  return {.name = std::string{mix.name},
          .nominal_bits = mix.nominal_bits,
          .plain_bytes = 4,
          .has_exact_bytes = false,
          .layout = "a mix of types, chosen by llama-quantize per tensor and model",
          .source = "llama.cpp src/llama-quant.cpp, llama_tensor_get_type"};
}

/// One FP32 scale per tensor, as where a runtime quantises 16-bit weights while it loads them.
Format runtime_fp8() {
  Format format = fp8_format(ScaleOf::tensor, 4, false);
  format.kv = KvLayout{1, 1};
  format.layout = "1 byte, one FP32 scale per tensor";
  format.source = "OCP 8-bit floating point (OFP8) 1.0: E4M3; per-tensor scale as in vLLM's fp8";
  return format;
}

Format calibrams_int8() {
  return {.name = "int8",
          .nominal_bits = 8,
          .parts = {{"values", 16, 1, 16}, {"scales", 4, 1, 0}},
          .quantised = {.outer = false},
          .kv = KvLayout{1, 1, 4},
          .layout =
              "W8A8: 1 byte, one FP32 scale per output channel (KV: per token and head), inputs padded "
              "to 16",
          .source = "calibram's own pass; 16 is what INT8 tensor-core GEMMs ask of the inner dimension"};
}

Format torchao_int4() {
  return {.name = "int4",
          .nominal_bits = 4,
          .parts = {{"qdata", 64, 1, 128}, {"scale_and_zero", 4, 1, 128}},
          .quantised = {.outer = false},
          .layout = "groups of 128 inputs with a 16-bit scale and a 16-bit zero point",
          .source = "torchao Int4WeightOnlyConfig, default group_size 128, scale and zero in bfloat16"};
}

Format as_stored() {
  return {.name = "as-stored",
          .nominal_bits = 16,
          .has_exact_bytes = false,
          .layout = "as the model file has them",
          .source = "the model file"};
}

void add_integer_formats(std::vector<Format>& table) {
  table.push_back(calibrams_int8());
  table.push_back(torchao_int4());
  for (const int bits : {8, 4, 3, 2})
    for (const std::int64_t group : {128, 64, 32, -1}) table.push_back(gptq_format(bits, group));
  for (const std::int64_t group : {128, 64, 32}) table.push_back(awq_format(group));
  table.push_back(awq_format(128, AwqLayout::gemv));
  table.push_back(bitsandbytes_8bit_format());
  for (const std::string_view type : {"nf4", "fp4"})
    for (const bool double_quantised : {false, true})
      table.push_back(bitsandbytes_4bit_format(type, double_quantised));
  table.push_back(w8a8_format(ScaleOf::output, 2, true, false));
  table.push_back(packed_format({}));
  table.push_back(packed_format({.group = 32}));
}

void add_float_formats(std::vector<Format>& table) {
  table.push_back(runtime_fp8());
  table.push_back(fp8_format(ScaleOf::tensor, 4, true));
  table.push_back(fp8_format(ScaleOf::output, 2, false));
  table.push_back(fp8_block_format(128, 128, 4, false));
  table.push_back(mxfp4_format({.matrices = false, .outer = false}));
  table.push_back(mxfp4_format({.outer = false}));
  table.push_back(nvfp4_format(true));
}

std::vector<Format> make_table() {
  std::vector<Format> table;
  table.push_back(plain("fp32", 4, "4 bytes", "IEEE 754 binary32"));
  table.push_back(plain("bf16", 2, "2 bytes", "the upper half of binary32"));
  table.push_back(plain("fp16", 2, "2 bytes", "IEEE 754 binary16"));
  add_float_formats(table);
  add_integer_formats(table);
  for (const GgmlType& type : ggml_types) table.push_back(ggml_format(type));
  for (const GgmlMix& mix : ggml_mixes) table.push_back(mix_format(mix));
  table.push_back(as_stored());
  return table;
}

}  // namespace

std::span<const Format> formats() {
  static const std::vector<Format> table = make_table();
  return table;
}

}  // namespace calibram
