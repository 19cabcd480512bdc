// SPDX-License-Identifier: MIT
// What a GGUF header says about dense models: sizes, windows, norms, biases, defaults; the published headers.
#include "src/model/gguf/model.hpp"

#include "src/core/error.hpp"
#include "src/model/state.hpp"
#include "src/model/weights.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/whole_model.hpp"

#include <gmock/gmock.h>

#include <string>

namespace calibram {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(GgufModel, KeysGiveTheSizes) {
  const Model model =
      whole_model(dense_gguf("llama").real("rope.freq_base", 5e5F).tensor("output.weight", {64, 100}));
  EXPECT_EQ(model.family, "llama");
  EXPECT_EQ(model.hidden_size, 64);
  EXPECT_EQ(model.vocabulary, 100);
  EXPECT_EQ(model.max_positions, 4096);
  EXPECT_EQ(model.rope_theta, 5e5);
  EXPECT_FLOAT_EQ(static_cast<float>(model.norm_epsilon), 1e-6F);
  EXPECT_FALSE(model.tied_embeddings);
  EXPECT_EQ(model.stored_format, "fp16");
  ASSERT_EQ(model.layers.size(), 1u);
  EXPECT_EQ(model.layers[0].count, 2);
  const Attention expected{.heads = 4, .kv_heads = 2, .head_size = 16, .rotary_size = 16};
  EXPECT_EQ(*attention_of(first_layer(model)), expected);
  EXPECT_EQ(*mlp_of(first_layer(model)), (Mlp{.width = 96}));
}

TEST(GgufModel, WithoutAHeadTheEmbeddingIsTheHead) {
  EXPECT_TRUE(whole_model(dense_gguf("llama")).tied_embeddings);
}

TEST(GgufModel, DefaultsAreSaid) {
  EXPECT_THAT(dense_gguf("llama").describe().remarks,
              ElementsAre("absent keys are taken as llama.cpp takes them: attention.key_length = 16, "
                          "attention.value_length = 16, rope.dimension_count = 16, rope.freq_base = 10000"));
}

TEST(GgufModel, TensorsThatAreNoWeightsAreSaid) {
  const Model model = dense_gguf("llama").tensor("rope_freqs.weight", {8}).describe();
  EXPECT_EQ(model.remarks.back(), "not counted as parameters: 1 tensors of 32 bytes, rope_freqs.weight");
}

TEST(GgufModel, TheTokenizersTokensAreTheVocabulary) {
  EXPECT_EQ(whole_model(dense_gguf("llama").tokens(100)).vocabulary, 100);
  EXPECT_EQ(message_of<InputError>([] { dense_gguf("llama").tokens(99).describe(); }),
            "x.gguf: token_embd.weight has 6400 elements, [100, 64] (the metadata need [99, 64] in all: the "
            "vocabulary, embedding_length); convert the model again");
}

TEST(GgufModel, ValuesMayHaveOtherSizesThanKeys) {
  GgufModelWriter writer =
      small_gguf("llama", 1).key("attention.key_length", 24).key("attention.value_length", 16);
  writer.norms(0, {"attn_norm.weight", "ffn_norm.weight"}).mlp(0, 96);
  writer.part(0, "attn_q.weight", {64, 96}).part(0, "attn_k.weight", {64, 48});
  writer.part(0, "attn_v.weight", {64, 32}).part(0, "attn_output.weight", {64, 64});
  const CacheShape cache = cache_shape(first_layer(whole_model(writer))).value();
  EXPECT_EQ(cache.key_size, 24);
  EXPECT_EQ(cache.value_size, 16);
}

TEST(GgufModel, FusedProjectionsAreSplit) {
  GgufModelWriter writer = small_gguf("phi3", 1).norms(0, {"attn_norm.weight", "ffn_norm.weight"});
  writer.part(0, "attn_qkv.weight", {64, 128}).part(0, "attn_output.weight", {64, 64});
  writer.part(0, "ffn_up.weight", {64, 192}).part(0, "ffn_down.weight", {96, 64});
  const Model model = whole_model(writer);
  EXPECT_TRUE(mlp_of(first_layer(model))->gated);
  EXPECT_FALSE(attention_of(first_layer(model))->input_bias);
  const Model glm = whole_model(small_gguf("chatglm", 1)
                                    .norms(0, {"attn_norm.weight", "ffn_norm.weight"})
                                    .part(0, "attn_qkv.weight", {64, 128})
                                    .part(0, "attn_qkv.bias", {128})
                                    .part(0, "attn_output.weight", {64, 64})
                                    .part(0, "ffn_up.weight", {64, 192})
                                    .part(0, "ffn_down.weight", {96, 64})
                                    .key("rope.dimension_count", 8));
  EXPECT_TRUE(attention_of(first_layer(glm))->input_bias);
  EXPECT_EQ(attention_of(first_layer(glm))->rotary_size, 8);
}

TEST(GgufModel, BiasesSinksAndNormsAreSeenInTheTensors) {
  const auto biased = [](GgufModelWriter writer) {
    writer.part(0, "attn_q.bias", {64}).part(0, "attn_k.bias", {32}).part(0, "attn_v.bias", {32});
    return *attention_of(first_layer(whole_model(writer)));
  };
  EXPECT_TRUE(biased(dense_gguf("qwen2", 1)).input_bias);
  EXPECT_FALSE(biased(dense_gguf("qwen2", 1)).output_bias);
  EXPECT_TRUE(biased(dense_gguf("gpt-oss", 1)
                         .key("attention.sliding_window", 128)
                         .part(0, "attn_output.bias", {64})
                         .part(0, "attn_sinks.weight", {4}))
                  .sinks);
}

QueryKeyNorm norm_of(GgufModelWriter writer, const GgufModelWriter::Dimensions& query,
                     const GgufModelWriter::Dimensions& key) {
  writer.part(0, "attn_q_norm.weight", query).part(0, "attn_k_norm.weight", key);
  return attention_of(first_layer(whole_model(writer)))->query_key_norm;
}

TEST(GgufModel, TheShapeOfQueryNormsTellsTheirKind) {
  EXPECT_EQ(norm_of(dense_gguf("qwen3", 1), {16}, {16}), QueryKeyNorm::per_head);
  EXPECT_EQ(norm_of(dense_gguf("olmo2", 1), {64}, {32}), QueryKeyNorm::whole);
  EXPECT_EQ(norm_of(dense_gguf("llama", 1), {16, 4}, {16, 2}), QueryKeyNorm::each_head);
  EXPECT_EQ(attention_of(first_layer(whole_model(dense_gguf("llama4", 1))))->query_key_norm,
            QueryKeyNorm::unweighted);
}

struct NormCase {
  std::string architecture;
  std::vector<std::string_view> norms;
  bool before_mixer, before_mlp, after_each, parallel;
};

TEST(GgufModel, NormsTellHowPartsAreJoined) {
  const std::vector<NormCase> cases = {
      {"llama", {"attn_norm.weight", "ffn_norm.weight"}, true, true, false, false},
      {"seed_oss", {"attn_norm.weight", "post_attention_norm.weight"}, true, true, false, false},
      {"olmo2", {"post_attention_norm.weight", "post_ffw_norm.weight"}, false, false, true, false},
      {"glm4",
       {"attn_norm.weight", "ffn_norm.weight", "post_attention_norm.weight", "post_ffw_norm.weight"},
       true,
       true,
       true,
       false},
      {"llama", {"attn_norm.weight"}, true, false, false, true},
      {"llama", {"attn_norm.weight", "attn_norm_2.weight"}, true, true, false, true},
      {"llama", {"attn_norm.weight", "attn_output_norm.weight"}, true, true, false, false},
  };
  for (const NormCase& expected : cases) {
    GgufModelWriter writer = small_gguf(expected.architecture, 1).attention(0, 64, 32).mlp(0, 96);
    for (const std::string_view norm : expected.norms) writer.norms(0, {norm});
    const Layer layer = first_layer(whole_model(writer));
    EXPECT_EQ(layer.norm_before_mixer, expected.before_mixer) << expected.norms.back();
    EXPECT_EQ(layer.norm_before_mlp, expected.before_mlp) << expected.norms.back();
    EXPECT_EQ(layer.norm_after_each, expected.after_each) << expected.norms.back();
    EXPECT_EQ(layer.parallel_residual, expected.parallel) << expected.norms.back();
  }
}

GgufModelWriter with_layer_norms(const std::string& architecture) {
  GgufModelWriter writer{architecture, 1, 64, 100};
  writer.layer_norm().heads(4, 4).key("feed_forward_length", 256).attention(0, 64, 64).plain_mlp(0, 256);
  writer.part(0, "ffn_up.bias", {256}).part(0, "ffn_down.bias", {64});
  return writer.norms(0, {"attn_norm.weight", "attn_norm.bias"});
}

TEST(GgufModel, LayerNormsHaveBiasesWhereTheFileHasThem) {
  const Model phi =
      whole_model(with_layer_norms("phi2").tensor("output.weight", {64, 100}).tensor("output.bias", {100}));
  EXPECT_EQ(phi.norm, Norm::layer);
  EXPECT_TRUE(phi.norm_bias);
  EXPECT_TRUE(phi.head_bias);
  EXPECT_TRUE(first_layer(phi).parallel_residual);
  EXPECT_EQ(*mlp_of(first_layer(phi)),
            (Mlp{.width = 256, .gated = false, .activation = Activation::gelu, .bias = true}));
  const Model neox = whole_model(with_layer_norms("gptneox")
                                     .norms(0, {"ffn_norm.weight", "ffn_norm.bias"})
                                     .flag("use_parallel_residual", true));
  EXPECT_TRUE(first_layer(neox).parallel_residual);
  EXPECT_TRUE(first_layer(neox).norm_before_mlp);
}

TEST(GgufModel, LearnedPositionsAreATable) {
  const Model gpt = whole_model(with_layer_norms("gpt2")
                                    .norms(0, {"ffn_norm.weight", "ffn_norm.bias"})
                                    .tensor("position_embd.weight", {64, 4096}));
  EXPECT_EQ(gpt.positions, Positions::learned);
  EXPECT_EQ(attention_of(first_layer(gpt))->rotary_size, 0);
}

TEST(GgufModel, OlmoHasNormsWithoutWeights) {
  GgufModelWriter writer{"olmo", 1, 64, 100};
  writer.real("attention.layer_norm_epsilon", 1e-5F).heads(4, 4).key("feed_forward_length", 96);
  const Model olmo = whole_model(writer.attention(0, 64, 64).mlp(0, 96));
  EXPECT_FALSE(olmo.norm_weight);
  EXPECT_TRUE(first_layer(olmo).norm_before_mlp);
}

class PublishedHeaders : public testing::TestWithParam<const char*> {};

TEST_P(PublishedHeaders, ParametersAreTheStoredElements) {
  const std::filesystem::path file = shared_data() / "gguf" / (std::string{GetParam()} + "-Q8_0.gguf");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const Gguf gguf = read_gguf(file);
  const Model model = model_of(gguf, "x");
  // Llama 3's factors of the rotation's frequencies are no parameters.
  const std::int64_t factors = std::string_view{GetParam()} == "llama3.2-1b" ? 32 : 0;
  EXPECT_EQ(parameter_count(model), total_elements(gguf.weights) - factors);
  EXPECT_EQ(model.stored_format, "q8_0");
}

INSTANTIATE_TEST_SUITE_P(Files, PublishedHeaders,
                         testing::Values("deepseek2-lite-8e", "gemma2-2b-8l", "gemma3-1b", "llama3.2-1b",
                                         "mixtral-12l8e", "qwen2-0.5b", "qwen2moe-6l16e", "qwen3-0.6b"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace_if(
                               name, [](unsigned char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

}  // namespace
}  // namespace calibram
