// SPDX-License-Identifier: MIT
// The bytes of whole checkpoints: by format and architecture equal to what their publishers' files hold.
#include "src/model/weight_bytes.hpp"

#include "src/core/error.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/quantisation/packed_formats.hpp"
#include "tests/support/kinds_of_layers.hpp"
#include "tests/support/layers.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

/// A dense model without biases.
Model llama(std::int64_t layers, std::int64_t hidden, std::int64_t width, std::int64_t heads,
            std::int64_t head_size, bool tied) {
  Layer layer;
  attention_in(layer) = {.heads = heads, .kv_heads = 8, .head_size = head_size};
  mlp_in(layer).width = width;
  Model model;
  model.hidden_size = hidden;
  model.vocabulary = 128256;
  model.layers = {{layer, layers}};
  model.tied_embeddings = tied;
  return model;
}
const Model llama_3_8b = llama(32, 4096, 14336, 32, 128, false);
const Model llama_3_70b = llama(80, 8192, 28672, 64, 128, false);
const Model llama_3_2_1b = llama(16, 2048, 8192, 32, 64, true);

Model gpt_oss(std::int64_t layers, std::int64_t experts) {
  Layer layer;
  attention_in(layer) = {
      .heads = 64, .kv_heads = 8, .head_size = 64, .input_bias = true, .output_bias = true, .sinks = true};
  layer.feed_forward =
      Experts{.count = experts, .active = 4, .expert = {.width = 2880, .bias = true}, .router_bias = true};
  Model model;
  model.hidden_size = 2880;
  model.vocabulary = 201088;
  model.layers = {{layer, layers}};
  return model;
}

/// With the layer of the multi-token prediction, which is one with experts.
Model deepseek_v3() {
  Model model = latent_model();
  ++model.layers.back().count;
  return model;
}

std::int64_t bytes(const Model& model, const Format& format) { return weight_bytes(model, format).count(); }

// The sums of these four were measured from the safetensors headers of the repositories named (data_offsets);
// a public note of 2026 lists them: unsloth/Meta-Llama-3.1-8B-Instruct, RedHatAI's FP8-dynamic of it,
// nvidia/Llama-3.3-70B-Instruct-FP4, RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16.
TEST(WeightBytes, EqualTheHeadersOfPublishedLlamas) {
  EXPECT_EQ(bytes(llama_3_8b, weight_format("bf16")), 16060522496);
  EXPECT_EQ(bytes(llama_3_8b, fp8_format(ScaleOf::output, 2, false)), 9083953152);
  EXPECT_EQ(bytes(llama_3_70b, nvfp4_format(true)), 42709045632);
  EXPECT_EQ(bytes(llama_3_70b, packed_format({.ordered = true})), 39525311232);
}

// RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16, same list: an AutoGPTQ checkpoint of the time when
// that stored a bias of zeros, FP16, beside every matrix.
TEST(WeightBytes, EqualTheHeadersOfAGptqCheckpointLessItsZeroBiases) {
  const std::int64_t outputs = 32 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096);
  EXPECT_EQ(bytes(llama_3_8b, gptq_format(4, 128)), 5735587840 - 2 * outputs);
}

// Qwen/Qwen2.5-7B-Instruct-AWQ: 822,033,408 elements of I32 and 1,141,306,880 of F16 in its headers.
TEST(WeightBytes, EqualTheHeadersOfAnAwqCheckpoint) {
  const Model qwen = find_model("qwen2.5-7b").value();
  EXPECT_EQ(bytes(qwen, awq_format(128)), 822033408LL * 4 + 1141306880LL * 2);
}

// unsloth/Llama-3.2-1B-Instruct-bnb-4bit: 89,856 elements of F32, 262,735,872 of BF16, 501,762,865 of U8 in
// its headers. The U8 include 112 texts (quant_state) of 19,249 bytes together, which become an FP32 mean
// each.
TEST(WeightBytes, EqualTheHeadersOfABitsandbytesCheckpointLessItsTexts) {
  EXPECT_EQ(bytes(llama_3_2_1b, bitsandbytes_4bit_format("nf4", true)),
            89856LL * 4 + 262735872LL * 2 + (501762865LL - 19249) + 112 * 4);
}

// metadata.total_size of openai/gpt-oss-20b and 120b, model.safetensors.index.json.
TEST(WeightBytes, EqualTheIndexOfGptOss) {
  const Format& format = weight_format("mxfp4");
  EXPECT_EQ(bytes(gpt_oss(24, 32), format), 13761264768);
  EXPECT_EQ(bytes(gpt_oss(36, 128), format), 65248815744);
}

// deepseek-ai/DeepSeek-V3, elements by type on its page: 3,918,786,560 BF16, 680,571,043,840 F8_E4M3,
// 41,555,600 F32. The module for multi-token prediction has copies of embedding and head, three norms and one
// projection (BF16) beside its layer; the routers' biases are FP32.
TEST(WeightBytes, EqualTheHeadersOfDeepSeekV3) {
  constexpr std::int64_t hidden = 7168;
  constexpr std::int64_t prediction = 2 * (2 * 129280 * hidden + 3 * hidden + 2 * hidden * hidden);
  constexpr std::int64_t wide_biases = 59 * 256 * (4 - 2);
  EXPECT_EQ(bytes(deepseek_v3(), weight_format("fp8-block")) + prediction + wide_biases,
            3918786560LL * 2 + 680571043840LL + 41555600LL * 4);
}

TEST(WeightBytes, FormatsQuantiseByRole) {
  const Model model = gpt_oss(1, 2);
  const WeightShapes layer = layer_weights(model, first_layer(model));
  for (const WeightShape& shape : layer) {
    EXPECT_EQ(quantises(weight_format("mxfp4"), shape), shape.role == WeightRole::expert);
    EXPECT_EQ(quantises(weight_format("q8_0"), shape), shape.role != WeightRole::vector);
  }
  for (const WeightShape& shape : outer_weights(model)) {
    EXPECT_FALSE(quantises(weight_format("gptq-int4"), shape));
    EXPECT_EQ(quantises(weight_format("q4_k"), shape), shape.role == WeightRole::outer);
  }
}

TEST(WeightBytes, WhatACheckpointLeavesAloneIsPlain) {
  Format format = weight_format("q8_0");
  format.left_alone.set(static_cast<std::size_t>(WeightName::query));
  const WeightShape query{WeightName::query, WeightRole::matrix, 64, 64};
  const WeightShape key{WeightName::key, WeightRole::matrix, 64, 64};
  EXPECT_EQ(weight_bytes(format, query), Bytes{64 * 64 * 4});
  EXPECT_EQ(weight_bytes(format, key), Bytes{64 * 2 * 34});
}

TEST(WeightBytes, AsStoredIsTheModelsOwnFormat) {
  Model model = llama_3_8b;
  model.stored_format = "fp16";
  EXPECT_EQ(weight_format("as-stored", model).name, "fp16");
  EXPECT_EQ(weight_format("q8_0", model).name, "q8_0");
  model.quantisation = gptq_format(3, 96);
  EXPECT_EQ(&weight_format("as-stored", model), &*model.quantisation);
}

TEST(WeightBytes, AMixHasNone) { EXPECT_THROW(bytes(llama_3_8b, weight_format("q4_k_m")), InputError); }

}  // namespace
}  // namespace calibram
