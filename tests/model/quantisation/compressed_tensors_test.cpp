// SPDX-License-Identifier: MIT
// Schemes of compressed-tensors as RedHatAI (neuralmagic) and others ship them.
#include "src/model/quantisation/compressed_tensors.hpp"

#include "src/model/quantisation/packed_formats.hpp"
#include "tests/model/quantisation/quantised_models.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using enum WeightName;

TEST(CompressedTensors, W8A8OfRedHat) {  // neuralmagic/Meta-Llama-3.1-8B-Instruct-quantized.w8a8
  const Quantisation result = read(R"({"config_groups": {"group_0": {"input_activations": {"actorder": null,
    "block_structure": null, "dynamic": true, "group_size": null, "num_bits": 8, "observer": "memoryless",
    "observer_kwargs": {}, "strategy": "token", "symmetric": true, "type": "int"}, "output_activations": null,
    "targets": ["Linear"], "weights": {"actorder": null, "block_structure": null, "dynamic": false,
    "group_size": null, "num_bits": 8, "observer": "minmax", "observer_kwargs": {}, "strategy": "channel",
    "symmetric": true, "type": "int"}}}, "format": "int-quantized", "global_compression_ratio": 1.24,
    "ignore": ["lm_head"], "kv_cache_scheme": null, "quant_method": "compressed-tensors",
    "quantization_status": "compressed"})");
  expect_parts(result.format, w8a8_format(ScaleOf::output, 2, true, false));
  EXPECT_FALSE(result.format.quantised.outer);
  EXPECT_THAT(result.remarks, IsEmpty());
}

std::string packed_config(const std::string& weights, const std::string& ignore) {
  return R"({"config_groups": {"group_0": {"input_activations": null, "output_activations": null,
    "targets": ["Linear"], "weights": )" +
         weights + R"(}}, "format": "pack-quantized", "ignore": )" + ignore +
         R"(, "quant_method": "compressed-tensors"})";
}

TEST(CompressedTensors, W4A16InGroups) {
  expect_parts(read(packed_config(R"({"num_bits": 4, "type": "int", "symmetric": true, "strategy": "group",
    "group_size": 128, "actorder": "group"})",
                                  R"(["lm_head"])"))
                   .format,
               packed_format({.ordered = true}));
  expect_parts(read(packed_config(R"({"num_bits": 4, "type": "int", "symmetric": false, "strategy": "group",
    "group_size": 64, "actorder": "weight"})",
                                  R"(["lm_head"])"))
                   .format,
               packed_format({.group = 64, .symmetric = false}));
}

TEST(CompressedTensors, W4A16OfKimiQuantisesExpertsOnly) {  // moonshotai/Kimi-K2.5
  const Quantisation result =
      read(packed_config(R"({"actorder": null, "block_structure": null, "dynamic": false,
    "group_size": 32, "num_bits": 4, "observer": "minmax", "observer_kwargs": {}, "strategy": "group",
    "symmetric": true, "type": "int"})",
                         R"(["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
    "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"])"),
           deepseek());
  expect_parts(result.format, packed_format({.group = 32}));
  for (const WeightName name : {query_down, query_up, kv_down, kv_up, output, gate, up, down})
    EXPECT_TRUE(leaves_alone(result.format, name)) << static_cast<int>(name);
  for (const WeightName name : {expert_gate, expert_up, expert_down})
    EXPECT_FALSE(leaves_alone(result.format, name)) << static_cast<int>(name);
  EXPECT_THAT(result.remarks, IsEmpty());
}

std::string fp8_config(const std::string& strategy, const std::string& dynamic) {
  return R"({"config_groups": {"group_0": {"input_activations": {"dynamic": )" + dynamic +
         R"(, "num_bits": 8, "strategy": "token", "symmetric": true, "type": "float"}, "targets": ["Linear"],
    "weights": {"dynamic": false, "num_bits": 8, "strategy": )" +
         strategy + R"(, "symmetric": true,
    "type": "float"}}}, "format": "float-quantized", "ignore": ["lm_head"],
    "quant_method": "compressed-tensors"})";
}

TEST(CompressedTensors, Fp8OfRedHat) {
  expect_parts(read(fp8_config(R"("channel")", "true")).format, fp8_format(ScaleOf::output, 2, false));
  expect_parts(read(fp8_config(R"("tensor")", "false")).format, fp8_format(ScaleOf::tensor, 2, true));
  expect_parts(read(fp8_config(R"("block", "block_structure": [128, 128])", "true")).format,
               fp8_block_format(128, 128, 2, false));
}

TEST(CompressedTensors, WithoutIgnoreTheHeadIsQuantised) {
  EXPECT_TRUE(read(packed_config(R"({"num_bits": 4, "group_size": 128})", "[]")).format.quantised.outer);
}

TEST(CompressedTensors, ScalesOfAnFp32ModelAreFp32) {
  Model model = dense();
  model.stored_format = "fp32";
  expect_parts(read(fp8_config(R"("channel")", "true"), model).format, fp8_format(ScaleOf::output, 4, false));
}

TEST(CompressedTensors, OldFilesWriteBlocksAsText) {
  expect_parts(read(fp8_config(R"("block", "block_structure": "64x32")", "true")).format,
               fp8_block_format(64, 32, 2, false));
  for (const char* bad : {"\"128\"", "\"x\"", "\"-1x128\"", "[128]"})
    EXPECT_THAT(refusal(fp8_config(R"("block", "block_structure": )" + std::string{bad}, "true")),
                HasSubstr("$.config_groups.group_0.weights.block_structure"))
        << bad;
}

TEST(CompressedTensors, SparseCheckpointsAreRefused) {
  EXPECT_THAT(refusal(R"({"quant_method": "compressed-tensors", "config_groups": {},
    "sparsity_config": {"format": "sparse-24-bitmask"}})"),
              HasSubstr("$.sparsity_config"));
}

TEST(CompressedTensors, TargetsOfSingleModulesAreSaid) {
  EXPECT_THAT(
      read(R"({"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {
    "targets": ["re:.*experts.*"], "weights": {"num_bits": 4, "group_size": 32}}}})")
          .remarks,
      testing::ElementsAre(HasSubstr("$.config_groups.g.targets")));
}

}  // namespace
}  // namespace calibram
