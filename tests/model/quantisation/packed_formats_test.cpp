// SPDX-License-Identifier: MIT
// The tensors of quantised matrices, against the shapes that the libraries register.
#include "src/model/quantisation/packed_formats.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace calibram {
namespace {

using Parts = std::map<std::string, std::int64_t>;

Parts parts_of(const Format& format, std::int64_t outputs, std::int64_t inputs) {
  Parts parts;
  for (const MatrixPart& part : matrix_parts(format, outputs, inputs))
    parts[std::string{part.name}] = part.bytes.count();
  return parts;
}

TEST(PackedFormats, GptqPacksValuesAlongInputsAndZeroPointsAlongOutputs) {
  // qweight [in / 32 * bits, out], qzeros [groups, out / 32 * bits], scales [groups, out], g_idx [in].
  for (const int bits : {2, 3, 4, 8})
    EXPECT_EQ(parts_of(gptq_format(bits, 128), 96, 256), (Parts{{"qweight", 256 / 32 * bits * 96 * 4},
                                                                {"qzeros", 2 * (96 / 32 * bits) * 4},
                                                                {"scales", 2 * 96 * 2},
                                                                {"g_idx", 256 * 4}}))
        << bits;
}

TEST(PackedFormats, GptqWithoutGroupsHasOneScalePerOutput) {
  const Parts parts = parts_of(gptq_format(4, -1), 64, 4096);
  EXPECT_EQ(parts.at("scales"), 64 * 2);
  EXPECT_EQ(parts.at("qzeros"), 64 / 2);
}

TEST(PackedFormats, TheLastGroupMayBeShort) {
  EXPECT_EQ(parts_of(gptq_format(4, 128), 32, 160).at("scales"), 2 * 32 * 2);
}

TEST(PackedFormats, MarlinHasNeitherZeroPointsNorOrder) {
  EXPECT_EQ(parts_of(gptq_format(4, 128, GptqLayout::marlin), 256, 1024),
            (Parts{{"B", 256 * 1024 / 2}, {"s", 256 * 8 * 2}}));
}

TEST(PackedFormats, AwqForGemvPadsTheGroupsOfARow) {
  EXPECT_EQ(parts_of(awq_format(128), 512, 896),
            (Parts{{"qweight", 512 * 896 / 2}, {"qzeros", 7 * 512 / 2}, {"scales", 7 * 512 * 2}}));
  // 7 groups of 128 are one word of zero points; 14 of 64 would be two; 28 of 32 four.
  EXPECT_EQ(parts_of(awq_format(128, AwqLayout::gemv), 512, 896),
            (Parts{{"qweight", 512 * 896 / 2}, {"qzeros", 512 * 4}, {"scales", 512 * 8 * 2}}));
  EXPECT_EQ(parts_of(awq_format(64, AwqLayout::gemv), 512, 1088).at("qzeros"), 512 * 4 * 4);
  EXPECT_EQ(parts_of(awq_format(128, AwqLayout::gemv_fast), 512, 896).at("qzeros"), 512 * 8 * 2);
}

TEST(PackedFormats, BitsandbytesCutsTheFlattenedMatrixIntoBlocks) {
  // 7 x 65 = 455 values: 8 blocks, the last of 7 values, although no row is a multiple of 64.
  EXPECT_EQ(parts_of(bitsandbytes_4bit_format("nf4", false), 7, 65),
            (Parts{{"weight", 228}, {"absmax", 8 * 4}, {"quant_map", 64}}));
}

TEST(PackedFormats, DoubleQuantisationKeepsMaximaOfMaxima) {
  EXPECT_EQ(parts_of(bitsandbytes_4bit_format("fp4", true), 128, 129), (Parts{{"weight", 128 * 129 / 2},
                                                                              {"absmax", 258},
                                                                              {"quant_map", 64},
                                                                              {"nested_absmax", 2 * 4},
                                                                              {"nested_quant_map", 1024},
                                                                              {"nested_offset", 4}}));
}

TEST(PackedFormats, Fp8BlocksAreRoundedUpInBothDimensions) {
  // kv_a_proj_with_mqa of DeepSeek-V3: 576 outputs are 4.5 blocks.
  EXPECT_EQ(parts_of(fp8_block_format(128, 128, 4, false), 576, 7168),
            (Parts{{"weight", 576 * 7168}, {"weight_scale_inv", 5 * 56 * 4}}));
}

TEST(PackedFormats, PackedIntegersFillWholeWordsAndKeepTheShape) {
  EXPECT_EQ(parts_of(packed_format({}), 64, 256),
            (Parts{{"weight_packed", 64 * 128}, {"weight_scale", 64 * 2 * 2}, {"weight_shape", 16}}));
  const Parts asymmetric = parts_of(packed_format({.symmetric = false, .ordered = true}), 64, 256);
  EXPECT_EQ(asymmetric.at("weight_zero_point"), 2 * 64 / 2);
  EXPECT_EQ(asymmetric.at("weight_g_idx"), 256 * 4);
  EXPECT_EQ(parts_of(packed_format({.bits = 3}), 2, 64).at("weight_packed"), 2 * 2 * 12);
}

TEST(PackedFormats, NvFp4HasOneOrTwoScalars) {
  EXPECT_EQ(parts_of(nvfp4_format(true), 2, 32),
            (Parts{{"weight", 32}, {"weight_scale", 4}, {"weight_scale_2", 4}, {"input_scale", 4}}));
  EXPECT_FALSE(parts_of(nvfp4_format(false), 2, 32).contains("input_scale"));
}

TEST(PackedFormats, UnusualGroupsAreInTheName) {
  EXPECT_EQ(gptq_format(4, 128).name, "gptq-int4");
  EXPECT_EQ(gptq_format(4, 32).name, "gptq-int4-g32");
  EXPECT_EQ(gptq_format(8, -1).name, "gptq-int8-channel");
  EXPECT_EQ(awq_format(64).name, "awq-int4-g64");
}

}  // namespace
}  // namespace calibram
