// SPDX-License-Identifier: MIT
// The text part of multimodal models, and what reading a config.json takes for granted and says.
#include "tests/support/config_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* sizes = R"("hidden_size": 256, "num_hidden_layers": 4, "intermediate_size": 512)";

// google/gemma-3-4b-it leaves out the sizes that equal the defaults.
TEST(TextPart, GemmaThreeTakesTheSizesOfItsReference) {
  const Model model =
      read_text(std::string{R"({"model_type": "gemma3", "torch_dtype": "bfloat16", "vision_config": {},
      "text_config": {"model_type": "gemma3_text", "sliding_window": 1024, )"} +
                sizes + "}}");
  EXPECT_EQ(model.family, "gemma3_text");
  EXPECT_EQ(model.vocabulary, 262208);
  EXPECT_EQ(attention_of(first_layer(model))->heads, 8);
  EXPECT_EQ(attention_of(first_layer(model))->kv_heads, 4);
  EXPECT_EQ(attention_of(first_layer(model))->head_size, 256);
  EXPECT_TRUE(model.tied_embeddings);
  EXPECT_EQ(model.stored_format, "bf16");
  EXPECT_THAT(model.remarks,
              Contains(AllOf(HasSubstr("num_attention_heads 8"), HasSubstr("vocab_size 262208"),
                             HasSubstr("tie_word_embeddings true"))));
  EXPECT_THAT(model.remarks, Contains(HasSubstr("only the text part")));
  EXPECT_EQ(model.uncounted_parts, "a vision or audio tower");
}

TEST(TextPart, ATextModelHasNothingBeside) { EXPECT_EQ(read_text(config_text("llama")).uncounted_parts, ""); }

TEST(TextPart, ItsFamilyMayFollowFromTheWholeModel) {
  const std::string text = std::string{R"({"model_type": "gemma3", "text_config": {)"} + sizes + "}}";
  EXPECT_EQ(read_text(text).family, "gemma3_text");
}

TEST(TextPart, WhatItDoesNotSayTheWholeModelDoes) {
  const std::string begin =
      R"({"model_type": "llava", "dtype": "float16", "tie_word_embeddings": true, "text_config":)";
  EXPECT_TRUE(read_text(begin + config_text("llama") + "}").tied_embeddings);
  EXPECT_EQ(read_text(begin + config_text("llama") + "}").stored_format, "fp16");
  const std::string own = config_text("llama", R"("tie_word_embeddings": false, "torch_dtype": "float32")");
  EXPECT_FALSE(read_text(begin + own + "}").tied_embeddings);
  EXPECT_EQ(read_text(begin + own + "}").stored_format, "fp32");
}

TEST(TextPart, ErrorsNameThePathInside) {
  EXPECT_THAT(error_of_text(R"({"model_type": "llama4", "text_config": {"hidden_size": 0}})"),
              HasSubstr("$.text_config."));
  EXPECT_THAT(
      error_of_text(R"({"model_type": "mllama", "text_config": {"model_type": "mllama_text_model"}})"),
      HasSubstr("$.text_config.model_type"));
}

TEST(Remarks, NameTheDefaultsThatChangeBytes) {
  EXPECT_THAT(read_family("llama", R"("tie_word_embeddings": false, "torch_dtype": "float16")").remarks,
              IsEmpty());
  const std::string bare = R"({"model_type": "mistral", "hidden_size": 256, "num_hidden_layers": 4,
      "num_attention_heads": 8, "intermediate_size": 512, "vocab_size": 1000})";
  EXPECT_THAT(read_text(bare).remarks,
              Contains(AllOf(HasSubstr("num_key_value_heads 8"), HasSubstr("sliding_window 4096"),
                             HasSubstr("tie_word_embeddings false"), HasSubstr("torch_dtype float32"))));
  EXPECT_THAT(read_family("granitemoehybrid", R"("mamba_n_heads": 8)").remarks,
              Contains(HasSubstr("layer_types all mamba")));
}

TEST(Remarks, SayThatPredictionLayersAreNotCounted) {
  const std::string experts = R"("n_routed_experts": 8, "num_experts_per_tok": 2)";
  const Model plain = read_family("deepseek_v3", experts);
  const Model more = read_family("deepseek_v3", experts + R"(, "num_nextn_predict_layers": 1)");
  EXPECT_THAT(more.remarks, Contains(HasSubstr("num_nextn_predict_layers = 1")));
  EXPECT_EQ(more, plain);  // remarks are no difference
}

// How weights are stored is no part of the architecture; the rest of such a checkpoint is loaded as BF16.
TEST(Remarks, AQuantisedCheckpointHasTheArchitectureOfItsModel) {
  const std::string quantised = R"("quantization_config": {"quant_method": "fp8"})";
  EXPECT_EQ(read_family("llama", quantised + R"(, "torch_dtype": "float16")").stored_format, "fp16");
  EXPECT_EQ(read_family("llama", quantised).stored_format, "bf16");
  EXPECT_EQ(read_family("llama").stored_format, "fp32");
}

TEST(ParseConfig, TheNameIsOfTheModelAndOfMessages) {
  EXPECT_EQ(parse_config(config_text("llama"), "some name").name, "some name");
  EXPECT_THAT(error_of_text("{\n{"), HasSubstr("config:2: not valid JSON"));
  EXPECT_THAT(error_of_text("3"), HasSubstr("config: $ is 3"));
}

TEST(ParseConfig, FieldsOfObjectsThatAreNoneAreNamed) {
  EXPECT_THAT(error_of_text(R"({"model_type": "dbrx", "d_model": 256, "n_heads": 8, "n_layers": 2,
      "vocab_size": 1000, "ffn_config": 7})"),
              HasSubstr("$.ffn_config is 7"));
}

}  // namespace
}  // namespace calibram
