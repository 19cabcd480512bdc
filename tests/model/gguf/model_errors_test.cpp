// SPDX-License-Identifier: MIT
// GGUF headers that contradict themselves or lack something: one line with the key or the tensor.
#include "src/core/error.hpp"
#include "tests/support/gguf_models.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string model_error(const GgufModelWriter& writer) {
  return message_of<InputError>([&] { writer.describe(); });
}

GgufModelWriter dense() { return dense_gguf("llama"); }

/// A llama without one of the keys that small_gguf writes, whose first layer is whole.
GgufModelWriter bare(std::string architecture = "llama") {
  GgufModelWriter writer{std::move(architecture), 1, 64, 100};
  return writer.norms(0, {"attn_norm.weight", "ffn_norm.weight"}).attention(0, 64, 32).mlp(0, 96);
}

TEST(GgufModelErrors, UnknownArchitecturesAreNamedWithTheNearestKnownOnes) {
  EXPECT_THAT(model_error(dense_gguf("lama")),
              StartsWith("unknown general.architecture in x.gguf: 'lama' (did you mean 'llama'"));
  EXPECT_THAT(model_error(dense_gguf("clip\n")), HasSubstr("'clip?'"));
}

TEST(GgufModelErrors, AFileMustSayItsArchitecture) {
  GgufWriter writer;
  const std::string header = writer.tensor("token_embd.weight", {4, 4}, 0).header();
  const Gguf gguf = parse_gguf(header, static_cast<std::int64_t>(header.size()) + 64);
  EXPECT_THAT(message_of<InputError>([&] { model_of(gguf, "x"); }),
              StartsWith("x.gguf: general.architecture is missing"));
}

TEST(GgufModelErrors, KeysWithoutADefaultAreNamed) {
  EXPECT_EQ(model_error(bare().heads(4, 2).key("feed_forward_length", 96)),
            "x.gguf: llama.attention.layer_norm_rms_epsilon is missing (llama.cpp has no default for it); "
            "convert the model again");
  EXPECT_THAT(model_error(bare().rms().key("feed_forward_length", 96)),
              HasSubstr("llama.attention.head_count is missing"));
  EXPECT_THAT(model_error(dense_gguf("gemma3")), HasSubstr("gemma3.attention.sliding_window is missing"));
  EXPECT_THAT(model_error(dense_gguf("gptneox").real("attention.layer_norm_epsilon", 1e-5F)),
              HasSubstr("gptneox.use_parallel_residual is missing"));
  EXPECT_THAT(model_error(small_gguf("llama", 1).experts(0, 4, 96)),
              HasSubstr("llama.expert_count is missing"));
}

TEST(GgufModelErrors, HeadsTimesTheirSizeMustBeTheProjectionsRows) {
  EXPECT_EQ(model_error(bare().rms().heads(4, 2).head_size(32).key("feed_forward_length", 96)),
            "x.gguf: blk.0.attn_q.weight has 4096 elements, [64, 64] (the metadata need [128, 64] in all: "
            "attention.head_count x attention.key_length); convert the model again");
  EXPECT_THAT(model_error(bare().rms().heads(4, 4).key("feed_forward_length", 96)),
              HasSubstr("blk.0.attn_k.weight has 2048 elements, [32, 64]"));
}

TEST(GgufModelErrors, WidthsMustBeTheTensors) {
  EXPECT_THAT(model_error(bare().rms().heads(4, 2).key("feed_forward_length", 128)),
              HasSubstr("blk.0.ffn_gate.weight has 6144 elements, [96, 64] (the metadata need [128, 64]"));
  EXPECT_THAT(model_error(small_gguf("deepseek2", 1)
                              .attention(0, 64, 32)
                              .norms(0, {"attn_norm.weight", "ffn_norm.weight"})
                              .experts(0, 4, 32)
                              .shared_expert(0, 40)
                              .key("expert_count", 4)
                              .key("expert_used_count", 2)
                              .key("expert_feed_forward_length", 32)
                              .key("expert_shared_count", 2)),
              HasSubstr("deepseek2.expert_shared_count = 2 (must go with the 40 rows of ffn_up_shexp)"));
}

TEST(GgufModelErrors, MatricesMustNotBeTurnedRound) {
  GgufModelWriter writer = small_gguf("llama", 1).norms(0, {"attn_norm.weight", "ffn_norm.weight"});
  writer.attention(0, 64, 32).part(0, "ffn_gate.weight", {96, 64}).plain_mlp(0, 96);
  EXPECT_THAT(model_error(writer), HasSubstr("blk.0.ffn_gate.weight has 6144 elements, [64, 96]"));
}

TEST(GgufModelErrors, ListsAreOneForEachLayer) {
  const auto with = [](const std::vector<std::uint32_t>& kv_heads) {
    return bare().rms().key("attention.head_count", 4).list("attention.head_count_kv", kv_heads);
  };
  EXPECT_EQ(
      model_error(with({2, 2, 2})),
      "x.gguf: llama.attention.head_count_kv = a list of 3 (must be one number for each of the 1 layers); "
      "convert the model again");
  EXPECT_THAT(model_error(with({})), HasSubstr("a list of 0"));
  EXPECT_THAT(model_error(dense_gguf("gemma3")
                              .key("attention.sliding_window", 8)
                              .list("attention.sliding_window_pattern", {1})),
              HasSubstr("gemma3.attention.sliding_window_pattern at byte"));
}

TEST(GgufModelErrors, ListsAndTensorsMustAgree) {
  GgufModelWriter writer{"deci", 2, 64, 100};
  writer.rms()
      .key("attention.head_count", 4)
      .key("feed_forward_length", 96)
      .each_layer([](GgufModelWriter& w, std::int64_t i) {
        w.norms(i, {"attn_norm.weight", "ffn_norm.weight"}).attention(i, 64, 32).mlp(i, 96);
      });
  EXPECT_EQ(
      model_error(writer.list("attention.head_count_kv", {2, 0})),
      "x.gguf: deci.attention.head_count_kv of layer 1 = 0 (must not be 0, since the layer has an attn_k "
      "tensor); convert the model again");
}

TEST(GgufModelErrors, EveryTensorHasALayer) {
  EXPECT_EQ(model_error(dense().part(2, "attn_norm.weight", {64})),
            "x.gguf: llama.block_count = 2 (must be more than 2, since there is a tensor "
            "'blk.2.attn_norm.weight'); convert the model again");
  EXPECT_THAT(model_error(dense().part(9'000'000'000, "attn_norm.weight", {64})),
              HasSubstr("block_count = 2"));
}

TEST(GgufModelErrors, WhatALayerNeedsIsNamedWhenItIsNotThere) {
  EXPECT_EQ(model_error(small_gguf("llama", 1)
                            .norms(0, {"attn_norm.weight", "ffn_norm.weight"})
                            .part(0, "attn_q.weight", {64, 64})
                            .mlp(0, 96)),
            "x.gguf: there is no tensor 'blk.0.attn_k.weight' (the other tensors and the metadata need it); "
            "convert the model again");
  GgufModelWriter headless{"llama", 1, 64, 100};
  headless.real("attention.layer_norm_rms_epsilon", 1e-6F).heads(4, 2).key("feed_forward_length", 96);
  EXPECT_THAT(model_error(headless.attention(0, 64, 32).mlp(0, 96)),
              HasSubstr("no tensor 'output_norm.weight'"));
}

TEST(GgufModelErrors, SizesMustBePossible) {
  EXPECT_THAT(model_error(GgufModelWriter{"llama", 0, 64, 100}), HasSubstr("llama.block_count = 0"));
  EXPECT_THAT(model_error(GgufModelWriter{"llama", 4097, 64, 100}), HasSubstr("must be from 1 to 4096"));
  EXPECT_THAT(
      model_error(dense().key("expert_shared_count", 1).key("attention.shared_kv_layers", 4294967295U)),
      HasSubstr("llama.attention.shared_kv_layers = 4294967295 (must be from 0 to 2147483647)"));
  EXPECT_THAT(model_error(dense().key("nextn_predict_layers", 2)),
              HasSubstr("llama.nextn_predict_layers = 2 (must be less than block_count = 2)"));
  EXPECT_THAT(model_error(dense().key("rope.dimension_count", 18)),
              HasSubstr("llama.rope.dimension_count = 18 (must be at most attention.key_length = 16)"));
  EXPECT_THAT(model_error(bare().rms().heads(4, 3).key("feed_forward_length", 96)),
              HasSubstr("llama.attention.head_count_kv = 3 (must divide num_attention_heads = 4)"));
  EXPECT_THAT(
      model_error(
          dense_gguf("gemma3n").key("attention.sliding_window", 8).key("attention.shared_kv_layers", 2)),
      HasSubstr("gemma3n.attention.shared_kv_layers = 2 (must be less than the 2 layers)"));
}

TEST(GgufModelErrors, DenseLayersInFrontHaveNoExperts) {
  EXPECT_THAT(
      model_error(small_gguf("llama", 1)
                      .norms(0, {"attn_norm.weight", "ffn_norm.weight"})
                      .attention(0, 64, 32)
                      .experts(0, 4, 96)
                      .key("leading_dense_block_count", 1)),
      HasSubstr("llama.leading_dense_block_count = 1 (must be at most 0, since that layer has experts)"));
}

TEST(GgufModelErrors, AttentionAndAStateSpaceInOneLayerAreRefused) {
  EXPECT_THAT(model_error(dense().part(1, "ssm_in.weight", {64, 64})),
              HasSubstr("layer 1 has attention and a state space beside each other"));
}

TEST(GgufModelErrors, AllFilesOfASplitModelAreNeeded) {
  Gguf gguf = dense().read();
  gguf.weights.missing_files = {"x-00002-of-00002.gguf"};
  EXPECT_EQ(
      message_of<InputError>([&] { model_of(gguf, "x"); }),
      "x.gguf: 1 of the model's 2 files are missing, 'x-00002-of-00002.gguf' for one (what a layer is shows "
      "in its tensors); put all files, or their headers, into one folder");
}

}  // namespace
}  // namespace calibram
