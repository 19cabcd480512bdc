// SPDX-License-Identifier: MIT
// What each family's config.json means, and what is refused.
#include "src/model/config/config.hpp"

#include "src/core/error.hpp"
#include "src/model/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace calibram {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

/// A folder that goes away with the test, and config.json files in it.
class Config : public testing::Test {
 protected:
  Config() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path{testing::TempDir()} / ("calibram-config-" + std::string{test->name()});
    fs::create_directories(folder_);
  }
  ~Config() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  fs::path write(const std::string& text) const {
    std::ofstream{folder_ / "config.json"} << text;
    return folder_ / "config.json";
  }

  /// The common sizes of all families but GPT-2, plus more fields.
  Model read(const std::string& model_type, const std::string& more = "") const {
    return read_config(write(R"({"model_type": ")" + model_type +
                             R"(", "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8,
        "intermediate_size": 512, "vocab_size": 1000)" +
                             (more.empty() ? "" : ", " + more) + "}"));
  }

  std::string error_of(const std::string& text) const {
    try {
      read_config(write(text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  std::string error_with(const std::string& more) const {
    return error_of(R"({"model_type": "llama", "hidden_size": 256, "num_hidden_layers": 4,
        "num_attention_heads": 8, "intermediate_size": 512, "vocab_size": 1000, )" +
                    more + "}");
  }

  fs::path folder_;
};

TEST_F(Config, TheFolderGivesTheName) {
  write(R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
      "intermediate_size": 128, "vocab_size": 10})");
  EXPECT_EQ(read_config(folder_).name, folder_.filename().string());
  EXPECT_EQ(load_model(folder_.string()).hidden_size, 64);
}

TEST_F(Config, LlamaTakesTheDefaultsOfItsReference) {
  const Model model = read("llama");
  EXPECT_EQ(attention_of(first_layer(model))->kv_heads, 8);
  EXPECT_EQ(attention_of(first_layer(model))->head_size, 32);
  EXPECT_EQ(attention_of(first_layer(model))->rotary_size, 32);
  EXPECT_FALSE(attention_of(first_layer(model))->input_bias);
  EXPECT_FALSE(model.tied_embeddings);
  EXPECT_EQ(model.max_positions, 2048);
  EXPECT_EQ(model.stored_format, "fp32");
  EXPECT_EQ(layer_count(model), 4);
}

TEST_F(Config, FieldsOverrideTheDefaults) {
  const Model model = read("llama", R"("attention_bias": true, "mlp_bias": true, "head_dim": 64,
      "num_key_value_heads": 2, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "rope_theta": 500000,
      "rope_scaling": {"rope_type": "llama3", "factor": 8.0})");
  EXPECT_TRUE(attention_of(first_layer(model))->input_bias);
  EXPECT_TRUE(attention_of(first_layer(model))->output_bias);
  EXPECT_TRUE(mlp_of(first_layer(model))->bias);
  EXPECT_EQ(attention_of(first_layer(model))->head_size, 64);
  EXPECT_EQ(attention_of(first_layer(model))->kv_heads, 2);
  EXPECT_TRUE(model.tied_embeddings);
  EXPECT_EQ(model.stored_format, "bf16");
  EXPECT_EQ(model.rope_theta, 500000);
}

TEST_F(Config, TheNamesOfTransformersFiveAreUnderstood) {
  const Model model = read("llama", R"("dtype": "float16", "rope_parameters": {"rope_theta": 1e6})");
  EXPECT_EQ(model.stored_format, "fp16");
  EXPECT_EQ(model.rope_theta, 1e6);
}

TEST_F(Config, QwenTwoAlwaysHasInputBiasesAndNeverAnOutputBias) {
  const Model model = read("qwen2", R"("num_key_value_heads": 2, "attention_bias": false)");
  EXPECT_TRUE(attention_of(first_layer(model))->input_bias);
  EXPECT_FALSE(attention_of(first_layer(model))->output_bias);
}

TEST_F(Config, QwenThreeHasHeadsOf128AndNormsThem) {
  const Model model = read("qwen3", R"("num_key_value_heads": 2)");
  EXPECT_EQ(attention_of(first_layer(model))->head_size, 128);
  EXPECT_EQ(attention_of(first_layer(model))->query_key_norm, QueryKeyNorm::per_head);
}

TEST_F(Config, QwenUsesItsWindowOnlyInUpperLayersAndOnlyWhenSwitchedOn) {
  const std::string window = R"("num_key_value_heads": 2, "sliding_window": 128, "max_window_layers": 3)";
  EXPECT_EQ(read("qwen2", window).layers.size(), 1U);
  const Model model = read("qwen2", window + R"(, "use_sliding_window": true)");
  ASSERT_EQ(model.layers.size(), 2U);
  EXPECT_EQ(model.layers[0].count, 3);
  EXPECT_FALSE(attention_of(model.layers[0].layer)->window);
  EXPECT_EQ(attention_of(model.layers[1].layer)->window, 128);
}

TEST_F(Config, AMissingFieldIsNotANullOne) {
  EXPECT_EQ(attention_of(first_layer(read("mistral")))->window, 4096);
  EXPECT_FALSE(attention_of(first_layer(read("mistral", R"("sliding_window": null)")))->window);
  EXPECT_EQ(attention_of(first_layer(read("starcoder2")))->kv_heads, 2);
  EXPECT_EQ(attention_of(first_layer(read("starcoder2", R"("num_key_value_heads": null)")))->kv_heads, 8);
}

TEST_F(Config, GemmaTiesItsEmbeddingsAndHasHeadsOf256) {
  const Model model = read("gemma", R"("num_key_value_heads": 1, "hidden_act": "gelu")");
  EXPECT_TRUE(model.tied_embeddings);
  EXPECT_EQ(attention_of(first_layer(model))->head_size, 256);
  EXPECT_EQ(mlp_of(first_layer(model))->activation, Activation::gelu);
  EXPECT_TRUE(mlp_of(first_layer(model))->gated);
}

TEST_F(Config, GemmaTwoIsLocalInItsEvenLayers) {
  const Model model = read("gemma2", R"("sliding_window": 64)");
  ASSERT_EQ(model.layers.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(attention_of(model.layers[i].layer)->window.has_value(), i % 2 == 0) << i;
  EXPECT_TRUE(first_layer(model).norm_after_each);
}

TEST_F(Config, LayerTypesOverrideTheFamilysPattern) {
  const Model model = read("gemma2", R"("layer_types":
      ["full_attention", "full_attention", "sliding_attention", "sliding_attention"])");
  ASSERT_EQ(model.layers.size(), 2U);
  EXPECT_FALSE(attention_of(model.layers[0].layer)->window);
  EXPECT_EQ(attention_of(model.layers[1].layer)->window, 4096);
}

TEST_F(Config, PhiSharesOneNormAndBiasesEverything) {
  const Model model = read("phi", R"("partial_rotary_factor": 0.25)");
  EXPECT_TRUE(first_layer(model).parallel_residual);
  EXPECT_FALSE(first_layer(model).norm_before_mlp);
  EXPECT_TRUE(attention_of(first_layer(model))->output_bias);
  EXPECT_TRUE(mlp_of(first_layer(model))->bias);
  EXPECT_TRUE(model.head_bias);
  EXPECT_EQ(model.norm, Norm::layer);
  EXPECT_EQ(attention_of(first_layer(model))->rotary_size, 8);
}

TEST_F(Config, NeoxIsParallelWithTwoNorms) {
  const Model model = read("gpt_neox");
  EXPECT_TRUE(first_layer(model).parallel_residual);
  EXPECT_TRUE(first_layer(model).norm_before_mlp);
  EXPECT_EQ(attention_of(first_layer(model))->rotary_size, 8);
  EXPECT_FALSE(first_layer(read("gpt_neox", R"("use_parallel_residual": false)")).parallel_residual);
}

TEST_F(Config, StablelmSharesItsNormOnlyWhenParallel) {
  EXPECT_TRUE(first_layer(read("stablelm", R"("num_key_value_heads": 8)")).norm_before_mlp);
  const Model parallel = read("stablelm", R"("num_key_value_heads": 8, "use_parallel_residual": true)");
  EXPECT_FALSE(first_layer(parallel).norm_before_mlp);
}

TEST_F(Config, GptTwoHasItsOwnNamesAndLearnedPositions) {
  const Model model = read_config(write(R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4,
      "n_positions": 128, "vocab_size": 100, "activation_function": "gelu_new", "n_inner": null})"));
  EXPECT_EQ(mlp_of(first_layer(model))->width, 256);
  EXPECT_EQ(model.positions, Positions::learned);
  EXPECT_EQ(attention_of(first_layer(model))->rotary_size, 0);
  EXPECT_TRUE(model.tied_embeddings);
  EXPECT_EQ(model.max_positions, 128);
}

TEST_F(Config, WhatCannotBeExpressedIsRefusedByName) {
  const std::pair<const char*, const char*> refused[] = {
      {R"("num_experts": 64)", "mixtures of experts"},
      {R"("moe_num_experts": 64)", "mixtures of experts"},
      {R"("num_local_experts": 8)", "mixtures of experts"},
      {R"("n_routed_experts": 160)", "mixtures of experts"},
      {R"("kv_lora_rank": 512)", "MLA"},
      {R"("is_encoder_decoder": true)", "decoders"},
      {R"("text_config": {"hidden_size": 1})", "$.text_config.model_type"},
      {R"("text_config": {"model_type": "whisper"})", "$.text_config.model_type"},
      {R"("text_config": 5)", "$.text_config"},
      {R"("use_cla": true)", "caches"},
      {R"("qk_layernorm": true)", "$.qk_layernorm"},
      {R"("layer_types": ["linear_attention", "full_attention", "full_attention", "full_attention"])",
       "$.layer_types[0]"},
      {R"("layer_types": ["full_attention"])", "one entry per layer, 4"},
      {R"("torch_dtype": "float8_e4m3fn")", "$.torch_dtype"},
      {R"("hidden_act": "xielu")", "$.hidden_act"},
  };
  for (const auto& [field, reason] : refused)
    EXPECT_THAT(error_with(field), AllOf(HasSubstr("config.json: $."), HasSubstr(reason))) << field;
}

TEST_F(Config, RefusedFieldsMayBePresentAndOff) {
  EXPECT_EQ(error_with(R"("num_experts": 0, "quantization_config": null, "is_encoder_decoder": false)"),
            "no error");
}

TEST_F(Config, AnUnknownFamilyNamesTheNearestKnownOnes) {
  EXPECT_THAT(error_of(R"({"model_type": "lama"})"), AllOf(HasSubstr("$.model_type"), HasSubstr("llama")));
  EXPECT_THAT(error_of(R"({"model_type": "zzzzzzzz"})"), AllOf(HasSubstr("mixtral"), HasSubstr("jamba")));
  EXPECT_THAT(error_of("{}"), HasSubstr("model_type"));
  EXPECT_THAT(error_of("[]"), HasSubstr("object"));
}

TEST_F(Config, ContradictionsAreNamedByTheirPath) {
  const std::pair<const char*, const char*> faults[] = {
      {R"("num_key_value_heads": 3)", "$.num_key_value_heads"},
      {R"("num_key_value_heads": 0)", "$.num_key_value_heads"},
      {R"("num_key_value_heads": 2.5)", "$.num_key_value_heads"},
      {R"("head_dim": 33)", "$.head_dim"},
      {R"("head_dim": "64")", "$.head_dim"},
      {R"("max_position_embeddings": -1)", "$.max_position_embeddings"},
      {R"("max_position_embeddings": 99999999999999999999)", "$.max_position_embeddings"},
      {R"("rms_norm_eps": 0)", "$.rms_norm_eps"},
      {R"("rope_theta": 0)", "$.rope_theta"},
      {R"("partial_rotary_factor": 1.5)", "$.partial_rotary_factor"},
      {R"("tie_word_embeddings": "yes")", "$.tie_word_embeddings"},
  };
  for (const auto& [field, path] : faults)
    EXPECT_THAT(error_with(field), AllOf(HasSubstr("config.json: "), HasSubstr(path))) << field;
}

TEST_F(Config, HeadsThatDoNotDivideTheHiddenSizeAreRefused) {
  const std::string rest = R"("num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 9})";
  EXPECT_THAT(error_of(R"({"model_type": "llama", "hidden_size": 100, "num_attention_heads": 8, )" + rest),
              AllOf(HasSubstr("$.hidden_size"), HasSubstr("num_attention_heads = 8")));
  EXPECT_THAT(
      error_of(R"({"model_type": "llama", "hidden_size": 9999999, "num_attention_heads": 9, )" + rest),
      HasSubstr("$.hidden_size"));
}

TEST_F(Config, ADefaultThatContradictsTheFileIsSaidToBeAbsent) {
  // Qwen2's reference takes 32 KV heads where the field is missing.
  EXPECT_THAT(error_of(R"({"model_type": "qwen2", "hidden_size": 256, "num_hidden_layers": 4,
      "num_attention_heads": 8, "intermediate_size": 512, "vocab_size": 1000})"),
              AllOf(HasSubstr("$.num_key_value_heads is absent"), HasSubstr("32")));
}

TEST_F(Config, AHugeLayerCountIsRefusedBeforeAnythingIsBuilt) {
  EXPECT_THAT(error_of(R"({"model_type": "gemma2", "hidden_size": 256, "num_hidden_layers": 1000000000000,
      "num_attention_heads": 8, "intermediate_size": 512, "vocab_size": 1000})"),
              HasSubstr("$.num_hidden_layers"));
}

TEST_F(Config, AHeadSizeThatTheFamilyIgnoresMustAgree) {
  EXPECT_NO_THROW(read("gpt_neox", R"("head_dim": 32)"));
  EXPECT_THROW(read("gpt_neox", R"("head_dim": 64)"), InputError);
}

}  // namespace
}  // namespace calibram
