// SPDX-License-Identifier: MIT
// Bytes of matrices and cache entries in every format, against the layouts that their authors document.
#include "src/model/format.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace calibram {
namespace {

using testing::HasSubstr;

std::int64_t bytes(std::string_view format, std::int64_t outputs, std::int64_t inputs) {
  return matrix_bytes(weight_format(format), outputs, inputs).count();
}

double bytes_per_weight(std::string_view format) {
  return static_cast<double>(bytes(format, 4096, 4096)) / (4096.0 * 4096.0);
}

TEST(Format, APlainTypeHasItsWidthAndNothingElse) {
  EXPECT_EQ(bytes("fp32", 3, 5), 60);
  EXPECT_EQ(bytes("bf16", 3, 5), 30);
  EXPECT_EQ(bytes("fp16", 3, 5), 30);
}

TEST(Format, Fp8AddsOneScalePerTensor) { EXPECT_EQ(bytes("fp8", 3, 5), 15 + 4); }

TEST(Format, Int8AddsAScalePerOutputAndPadsTheInputsToSixteen) {
  EXPECT_EQ(bytes("int8", 3, 32), 3 * 32 + 3 * 4);
  EXPECT_EQ(bytes("int8", 3, 33), 3 * 48 + 3 * 4);
}

// Bytes per weight without g_idx: AutoGPTQ's and AutoAWQ's layouts with groups of 128.
TEST(Format, GptqAndAwqCountScalesZeroPointsAndGroupIndices) {
  const std::int64_t weights = 4096 * 4096;
  EXPECT_EQ(bytes("awq-int4", 4096, 4096), weights / 128 * 133 / 2);  // 0.51953
  EXPECT_EQ(bytes("gptq-int4", 4096, 4096), weights / 128 * 133 / 2 + 4 * 4096);
  EXPECT_EQ(bytes("gptq-int8", 4096, 4096), weights / 128 * 131 + 4 * 4096);  // 1.02344
}

TEST(Format, PackedValuesAndZeroPointsFillWholeWords) {
  EXPECT_EQ(bytes("gptq-int4", 3, 128), 3 * 64 + 4 + 3 * 2 + 128 * 4);
  EXPECT_EQ(bytes("awq-int4", 8, 256), 8 * 128 + 2 * (4 + 8 * 2));
}

TEST(Format, BlockFormatsHaveTheBytesPerWeightOfTheirLayout) {
  constexpr double matrix = 4096.0 * 4096.0;
  EXPECT_DOUBLE_EQ(bytes_per_weight("int4"), 68.0 / 128);
  EXPECT_DOUBLE_EQ(bytes_per_weight("nf4"), 0.5625 + 64 / matrix);  // and the code book
  EXPECT_DOUBLE_EQ(bytes_per_weight("nf4-double"),
                   0.5 + 1.0 / 64 + 4.0 / (64 * 256) + (64 + 1024 + 4) / matrix);
  EXPECT_DOUBLE_EQ(bytes_per_weight("bnb-int8"), 1 + 4.0 / 4096);
  EXPECT_DOUBLE_EQ(bytes_per_weight("fp8-block"), 1 + 4.0 / 16384);
  EXPECT_DOUBLE_EQ(bytes_per_weight("mxfp4"), 0.53125);
  EXPECT_DOUBLE_EQ(bytes_per_weight("nvfp4"), 0.5625 + 8 / matrix);
}

// shared facts: ggml-common.h, bits per weight.
TEST(Format, GgmlTypesHaveTheBitsOfTheirBlocks) {
  const std::map<std::string, double> bits = {
      {"q1_0", 1.125},      {"q2_0", 2.25},      {"q4_0", 4.5},      {"q4_1", 5.0},     {"q5_0", 5.5},
      {"q5_1", 6.0},        {"q8_0", 8.5},       {"q8_1", 9.0},      {"q2_k", 2.625},   {"q3_k", 3.4375},
      {"q4_k", 4.5},        {"q5_k", 5.5},       {"q6_k", 6.5625},   {"q8_k", 9.125},   {"iq1_s", 1.5625},
      {"iq1_m", 1.75},      {"iq2_xxs", 2.0625}, {"iq2_xs", 2.3125}, {"iq2_s", 2.5625}, {"iq3_xxs", 3.0625},
      {"iq3_s", 3.4375},    {"iq4_nl", 4.5},     {"iq4_xs", 4.25},   {"tq1_0", 1.6875}, {"tq2_0", 2.0625},
      {"ggml-mxfp4", 4.25}, {"ggml-nvfp4", 4.5}};
  for (const auto& [name, expected] : bits) EXPECT_DOUBLE_EQ(bytes_per_weight(name) * 8, expected) << name;
}

TEST(Format, TheLastBlockOfARowIsWhole) {
  EXPECT_EQ(bytes("q4_0", 2, 32), 2 * 18);
  EXPECT_EQ(bytes("q4_0", 2, 33), 2 * 36);
  EXPECT_EQ(bytes("q6_k", 1, 1), 210);
}

TEST(Format, AMatrixBeyondSixtyFourBitsIsAnError) {
  EXPECT_THROW(bytes("fp32", std::int64_t{1} << 31, std::int64_t{1} << 31), InputError);
  EXPECT_THROW(bytes("gptq-int4", std::int64_t{1} << 62, 128), InputError);
}

TEST(Format, EveryFormatIsNamedOnceAndDocumented) {
  std::set<std::string_view> names;
  for (const Format& format : formats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_FALSE(format.source.empty()) << format.name;
    EXPECT_FALSE(format.layout.empty()) << format.name;
    EXPECT_GT(format.nominal_bits, 0) << format.name;
  }
}

TEST(Format, NominalBitsNeverExceedTheTrueOnes) {
  for (const Format& format : formats()) {
    if (!format.has_exact_bytes) continue;
    EXPECT_LE(format.nominal_bits, bytes_per_weight(format.name) * 8) << format.name;
  }
}

TEST(Format, AMixOfTypesHasNominalBitsButNoBytes) {
  EXPECT_EQ(weight_format("q4_k_m").nominal_bits, 4);
  EXPECT_THAT(message_of<InputError>([] { bytes("q4_k_m", 4096, 4096); }), HasSubstr("mix"));
}

TEST(Format, AsStoredHasNoBytesWithoutAModel) {
  EXPECT_THAT(message_of<InputError>([] { bytes("as-stored", 1, 1); }), HasSubstr("as-stored"));
}

TEST(Format, LlamaCppNamesOfTheFloatTypesAreAccepted) {
  EXPECT_EQ(kv_format("f16").name, "fp16");
  EXPECT_EQ(weight_format("f32").name, "fp32");
}

TEST(Format, AnUnknownNameSuggestsTheNearest) {
  EXPECT_THAT(message_of<InputError>([] { weight_format("q4_kk"); }), HasSubstr("q4_k"));
}

TEST(Format, AWeightOnlyFormatIsNoCacheFormat) {
  for (const char* name : {"gptq-int4", "awq-int4", "nf4", "q4_k_m", "as-stored", "int4"})
    EXPECT_THAT(message_of<InputError>([&] { kv_format(name); }), HasSubstr("weights only")) << name;
  for (const char* name :
       {"fp32", "bf16", "fp16", "fp8", "int8", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl"})
    EXPECT_EQ(kv_format(name).name, name);
}

TEST(Format, ACacheEntryCountsTheScalesOfItsFormat) {
  EXPECT_EQ(kv_head_bytes(kv_format("fp16"), 128), Bytes{256});
  EXPECT_EQ(kv_head_bytes(kv_format("fp8"), 128), Bytes{128});
  EXPECT_EQ(kv_head_bytes(kv_format("int8"), 80), Bytes{84});  // one FP32 scale, not padded
  EXPECT_EQ(kv_head_bytes(kv_format("q8_0"), 128), Bytes{4 * 34});
  EXPECT_EQ(kv_head_bytes(kv_format("q4_0"), 80), Bytes{3 * 18});
}

TEST(Format, WhatIsNotQuantisedKeepsTheWidthOfItsEngine) {
  EXPECT_EQ(weight_format("fp32").plain_bytes, 4);
  EXPECT_EQ(weight_format("int8").plain_bytes, 2);
  EXPECT_EQ(weight_format("gptq-int4").plain_bytes, 2);
  EXPECT_EQ(weight_format("q4_0").plain_bytes, 4);  // GGUF stores norms and biases as F32
}

TEST(Format, OnlyFormatsWithoutScalesHaveAWidth) {
  EXPECT_EQ(plain_width(weight_format("fp32")), 4);
  EXPECT_EQ(plain_width(weight_format("bf16")), 2);
  for (const char* name : {"fp8", "int8", "q8_0", "nf4", "as-stored"})
    EXPECT_EQ(plain_width(weight_format(name)), 0) << name;
}

}  // namespace
}  // namespace calibram
