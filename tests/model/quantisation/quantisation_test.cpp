// SPDX-License-Identifier: MIT
// quantization_config objects as publishers ship them, and what becomes of those that they should not ship.
#include "src/model/quantisation/quantisation.hpp"

#include "src/model/quantisation/packed_formats.hpp"
#include "src/model/weight_bytes.hpp"
#include "tests/model/quantisation/quantised_models.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using enum WeightName;

TEST(Quantisation, GptqOfQwen) {  // Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4
  const Quantisation result = read(R"({"bits": 4, "damp_percent": 0.01, "dataset": null, "desc_act": false,
    "group_size": 128, "model_file_base_name": null, "model_name_or_path": null, "quant_method": "gptq",
    "static_groups": false, "sym": true, "true_sequential": true})");
  expect_parts(result.format, gptq_format(4, 128));
  EXPECT_FALSE(result.format.quantised.outer);
  EXPECT_THAT(result.remarks, IsEmpty());
}

TEST(Quantisation, GptqMayQuantiseTheHeadButNeverTheEmbedding) {
  const Format format =
      read(R"({"quant_method": "gptq", "bits": 8, "group_size": -1, "lm_head": true})").format;
  expect_parts(format, gptq_format(8, -1));
  const Model model = dense();
  for (const WeightShape& shape : outer_weights(model))
    EXPECT_EQ(quantises(format, shape), shape.name == head);
}

TEST(Quantisation, GptqMayListWhatItQuantises) {
  const Format format = read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128,
    "modules_in_block_to_quantize": [["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
      ["self_attn.o_proj"]]})")
                            .format;
  EXPECT_FALSE(leaves_alone(format, query));
  EXPECT_FALSE(leaves_alone(format, output));
  EXPECT_TRUE(leaves_alone(format, up));
}

TEST(Quantisation, OverridesOfSingleModulesAreSaid) {  // GPTQModel
  EXPECT_THAT(
      read(R"({"quant_method": "gptq", "bits": 4, "group_size": 32, "dynamic": {"-:.*gate.*": {}}})").remarks,
      ElementsAre(HasSubstr("$.dynamic")));
}

TEST(Quantisation, AwqOfQwen) {  // Qwen/Qwen2.5-7B-Instruct-AWQ
  const Quantisation result = read(R"({"bits": 4, "group_size": 128, "modules_to_not_convert": null,
    "quant_method": "awq", "version": "gemm", "zero_point": true})");
  expect_parts(result.format, awq_format(128));
  EXPECT_FALSE(result.format.quantised.outer);
  expect_parts(read(R"({"w_bit": 4, "q_group_size": 64, "version": "GEMV", "quant_method": "awq"})").format,
               awq_format(64, AwqLayout::gemv));
}

TEST(Quantisation, AwqMayLeaveWholeLayersAlone) {  // QuantTrio/DeepSeek-V3.2-Exp-AWQ, shortened
  const Quantisation result = read(R"({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm",
    "zero_point": true, "modules_to_not_convert": ["mlp.gate.", "indexer", "model.layers.0.", "model.layers.1."]})",
                                   deepseek());
  EXPECT_FALSE(leaves_alone(result.format, expert_up)) << "of three layers that have experts, one is named";
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("in 1 of 3 layers; counted as quantised")));
}

TEST(Quantisation, BitsandbytesOfUnsloth) {  // unsloth/Llama-3.2-1B-Instruct-bnb-4bit
  const Quantisation result = read(R"({"_load_in_4bit": true, "_load_in_8bit": false,
    "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8", "bnb_4bit_quant_type": "nf4",
    "bnb_4bit_use_double_quant": true, "llm_int8_enable_fp32_cpu_offload": false,
    "llm_int8_has_fp16_weight": false, "llm_int8_skip_modules": null, "llm_int8_threshold": 6.0,
    "load_in_4bit": true, "load_in_8bit": false, "quant_method": "bitsandbytes"})");
  expect_parts(result.format, bitsandbytes_4bit_format("nf4", true));
  EXPECT_FALSE(result.format.quantised.outer);
}

TEST(Quantisation, BitsandbytesHasItsOwnDefaults) {
  expect_parts(read(R"({"quant_method": "bitsandbytes", "load_in_4bit": true})").format,
               bitsandbytes_4bit_format("fp4", false));
  expect_parts(read(R"({"load_in_8bit": true})").format, bitsandbytes_8bit_format());
  EXPECT_THAT(refusal(R"({"quant_method": "bitsandbytes"})"),
              HasSubstr("neither load_in_4bit nor load_in_8bit"));
}

TEST(Quantisation, DynamicBitsandbytesLeavesSingleModulesAlone) {  // as unsloth's "unsloth-bnb-4bit"
  const Quantisation result = read(R"({"quant_method": "bitsandbytes", "load_in_4bit": true,
    "bnb_4bit_quant_type": "nf4", "llm_int8_skip_modules": ["lm_head", "model.layers.1.mlp",
      "model.layers.3.mlp.down_proj", "multi_modal_projector"]})");
  EXPECT_FALSE(result.format.quantised.outer);
  EXPECT_FALSE(leaves_alone(result.format, down));
  EXPECT_THAT(result.remarks, testing::Contains(HasSubstr("mlp.down_proj is left alone in 2 of 4 layers")));
}

TEST(Quantisation, Fp8OfDeepSeek) {  // deepseek-ai/DeepSeek-V3
  const Quantisation result = read(R"({"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
    "weight_block_size": [128, 128]})",
                                   deepseek());
  expect_parts(result.format, fp8_block_format(128, 128, 4, false));
  EXPECT_FALSE(result.format.quantised.outer);
  EXPECT_TRUE(result.format.quantised.experts);
}

TEST(Quantisation, Fp8ListsThatNameWhatIsNeverQuantisedChangeNothing) {  // Qwen/Qwen3-30B-A3B-FP8, shortened
  const Quantisation result = read(R"({"activation_scheme": "dynamic", "modules_to_not_convert": ["lm_head",
    "model.layers.0.input_layernorm", "model.layers.0.mlp.gate", "model.layers.0.post_attention_layernorm",
    "model.layers.1.input_layernorm", "model.layers.1.mlp.gate"], "fmt": "e4m3", "quant_method": "fp8",
    "weight_block_size": [128, 128]})",
                                   deepseek());
  EXPECT_FALSE(leaves_alone(result.format, gate)) << "mlp.gate is the router, mlp.gate_proj the gate";
  EXPECT_THAT(result.remarks, IsEmpty());
}

TEST(Quantisation, Fp8PerTensorMayHaveAScaleOfTheInputs) {  // neuralmagic's AutoFP8 checkpoints
  expect_parts(
      read(R"({"activation_scheme": "static", "ignored_layers": ["lm_head"], "quant_method": "fp8"})").format,
      fp8_format(ScaleOf::tensor, 4, true));
}

TEST(Quantisation, FbgemmHasAScalePerOutput) {
  const Quantisation result = read(R"({"activation_scale_ub": 1200.0, "modules_to_not_convert":
    ["lm_head", "model.layers.0.mlp.down_proj", "model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj",
     "model.layers.2.self_attn.q_proj", "model.layers.3.self_attn.q_proj"], "quant_method": "fbgemm_fp8"})");
  expect_parts(result.format, fp8_format(ScaleOf::output, 4, false));
  EXPECT_TRUE(leaves_alone(result.format, query)) << "all four layers are named";
  EXPECT_FALSE(leaves_alone(result.format, key));
  EXPECT_THAT(result.remarks, ElementsAre(HasSubstr("mlp.down_proj is left alone in 1 of 4 layers")));
}

TEST(Quantisation, Mxfp4OfGptOss) {  // openai/gpt-oss-20b
  const Format format =
      read(R"({"modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
    "model.embed_tokens", "lm_head"], "quant_method": "mxfp4"})",
           deepseek())
          .format;
  EXPECT_TRUE(format.quantised.experts);
  EXPECT_FALSE(format.quantised.matrices || format.quantised.outer);
  EXPECT_FALSE(leaves_alone(format, expert_up));
}

TEST(Quantisation, NvFp4OfNvidia) {  // nvidia/MiniMax-M2.5-NVFP4, shortened
  const Quantisation result = read(R"({"config_groups": {"group_0": {"input_activations": {"dynamic": false,
    "num_bits": 4, "type": "float", "group_size": 16}, "weights": {"dynamic": false, "num_bits": 4, "type": "float",
    "group_size": 16}, "targets": ["Linear"]}}, "ignore": ["lm_head", "model.layers.0.self_attn*",
    "model.layers.1.self_attn*", "model.layers.2.self_attn*", "model.layers.3.self_attn*"], "quant_algo": "NVFP4",
    "producer": {"name": "modelopt", "version": "0.0.1.dev507+gbb6639d33"}, "quant_method": "modelopt"})",
                                   deepseek());
  expect_parts(result.format, nvfp4_format(true));
  EXPECT_TRUE(leaves_alone(result.format, kv_up));
  EXPECT_FALSE(leaves_alone(result.format, expert_up));
  EXPECT_THAT(result.remarks, IsEmpty());
}

TEST(Quantisation, AHfQuantConfigIsReadToo) {  // nvidia/DeepSeek-V3.1-NVFP4, shortened
  const Quantisation result = read(R"({"producer": {"name": "modelopt", "version": "0.22.1"}, "quantization":
    {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16, "exclude_modules": ["lm_head",
     "model.layers.0.self_attn.kv_b_proj", "model.layers.1.self_attn.kv_b_proj",
     "model.layers.2.self_attn.kv_b_proj", "model.layers.3.self_attn.kv_b_proj", "model.layers.4*"]}})",
                                   deepseek());
  EXPECT_TRUE(leaves_alone(result.format, kv_up));
  EXPECT_FALSE(leaves_alone(result.format, output));
}

TEST(Quantisation, Fp8OfNvidiaNeedNotNameItsMethod) {  // Qwen/Qwen3-32B-FP8-Static-PerTensor
  expect_parts(read(R"({"config_groups": {"group_0": {"input_activations": {"dynamic": false, "num_bits": 8,
    "type": "float"}, "weights": {"dynamic": false, "num_bits": 8, "type": "float"}}}, "ignore": ["lm_head"],
    "quant_algo": "FP8", "kv_cache_scheme": "FP8", "producer": {"name": "modelopt", "version": "0.31.0"}})")
                   .format,
               fp8_format(ScaleOf::tensor, 4, true));
}

TEST(Quantisation, MixturesAreRefused) {
  EXPECT_THAT(refusal(R"({"quant_method": "fp8", "quant_algo": "MIXED_PRECISION", "quantized_layers": {}})"),
              HasSubstr(R"($.quant_algo is "MIXED_PRECISION")"));
  EXPECT_THAT(
      refusal(R"({"quant_method": "compressed-tensors", "format": "mixed-precision", "config_groups": {
    "group_0": {"format": "float-quantized", "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}},
    "group_1": {"format": "nvfp4-pack-quantized", "weights": {"num_bits": 4, "type": "float"}}}})"),
      HasSubstr("$.config_groups.group_1"));
}

TEST(Quantisation, AnUnknownMethodIsRefusedWithTheKnownOnes) {
  const std::string message = refusal(R"({"quant_method": "aqlm"})");
  EXPECT_THAT(message, HasSubstr(R"($.quant_method is "aqlm")"));
  EXPECT_THAT(message, HasSubstr("bitsandbytes"));
  EXPECT_THAT(refusal("{}"), HasSubstr("$.quant_method"));
}

TEST(Quantisation, WrongSettingsAreNamedByPath) {
  EXPECT_THAT(refusal(R"({"quant_method": "gptq", "bits": 5})"),
              HasSubstr("$.bits is 5 (must be one of 2, 3, 4, 8)"));
  EXPECT_THAT(refusal(R"({"quant_method": "gptq", "bits": 4, "group_size": 0})"),
              HasSubstr("$.group_size is 0"));
  EXPECT_THAT(refusal(R"({"quant_method": "awq", "bits": 8})"), HasSubstr("$.bits"));
  EXPECT_THAT(refusal(R"({"quant_method": "awq", "bits": 4, "version": "x"})"), HasSubstr("$.version"));
  EXPECT_THAT(refusal(R"({"quant_method": "fp8", "weight_block_size": [128]})"),
              HasSubstr("$.weight_block_size"));
  EXPECT_THAT(refusal(R"({"quant_method": "fp8", "weight_block_size": [128, -1]})"),
              HasSubstr("$.weight_block_size[1]"));
  EXPECT_THAT(refusal(R"({"quant_method": "gptq", "bits": 4, "modules_to_not_convert": [3]})"),
              HasSubstr("$.modules_to_not_convert[0]"));
  EXPECT_THAT(refusal(R"({"quant_method": "compressed-tensors"})"), HasSubstr("$.config_groups"));
  EXPECT_THAT(refusal(R"({"quant_method": "compressed-tensors", "config_groups": {}})"),
              HasSubstr("$.config_groups"));
  EXPECT_THAT(
      refusal(R"({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": 6,
    "type": "float"}}}})"),
      HasSubstr("$.config_groups.g.weights"));
}

}  // namespace
}  // namespace calibram
