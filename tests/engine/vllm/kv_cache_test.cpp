// SPDX-License-Identifier: MIT
// Pages, groups and tokens of vLLM's KV cache.
#include "src/engine/vllm/kv_cache.hpp"

#include "src/core/error.hpp"
#include "src/engine/vllm/kv_groups.hpp"
#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/kinds_of_layers.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

KvGroups groups_of(const Question& question) {
  return vllm_kv_groups(question, vllm_settings(runtime_of(question)));
}
std::int64_t tokens_in(const Question& question, Bytes available) {
  return vllm_cache_room(question, runtime_of(question), available).tokens;
}

TEST(VllmKvCache, EqualLayersShareOneGroup) {
  const Question question = ask_vllm("llama-3.1-8b");
  const KvGroups groups = groups_of(question);
  ASSERT_EQ(groups.groups.size(), 1U);
  EXPECT_EQ(groups.block_bytes(0, 32), 2_MiB);  // 16 tokens of 128 KiB
  EXPECT_EQ(tokens_in(question, 16_GiB), 131072);
  EXPECT_EQ(tokens_in(question, 16_GiB - 1_B), 131072 - 16);
}

TEST(VllmKvCache, Fp8HalvesThePages) {
  Question question = ask_vllm("llama-3.1-8b");
  question.kv = &kv_format("fp8");
  EXPECT_EQ(tokens_in(question, 16_GiB), 2 * 131072);
}

TEST(VllmKvCache, WindowsBesideFullAttentionAreGroupsOfTheSameSize) {
  // Gemma 2: 13 layers of either kind. Gemma 3 1B: 22 with windows, 4 without.
  EXPECT_EQ(groups_of(ask_vllm("gemma-2-2b")).groups.size(), 2U);
  const KvGroups gemma3 = groups_of(ask_vllm("gemma-3-1b"));
  EXPECT_EQ(gemma3.groups.size(), 7U);
  EXPECT_THAT(gemma3.groups[0].layers, testing::ElementsAre(0, 7, 14, 21));
  EXPECT_EQ(gemma3.layer_pages[0], Bytes{16 * 2 * 256 * 2});
}

TEST(VllmKvCache, KindsThatAreNearlyAsFrequentArePaddedToTheLarger) {
  Layer full, windowed;
  full.mixer = Attention{.heads = 8, .kv_heads = 8, .head_size = 64};
  windowed.mixer = Attention{.heads = 8, .kv_heads = 8, .head_size = 64, .window = 128};
  const auto groups_for = [&](std::int64_t fulls, std::int64_t windows) {
    return groups_of(ask_vllm(model_with("x", 512, 1000, {{full, fulls}, {windowed, windows}})))
        .groups.size();
  };
  EXPECT_EQ(groups_for(12, 13), 2U);
  EXPECT_EQ(groups_for(10, 15), 3U);  // no longer within half as many again
  EXPECT_EQ(groups_for(10, 20), 3U);
}

TEST(VllmKvCache, AWindowTakesItselfAStepAndOnePageMore) {
  const KvSpec window{KvKind::window, 4096, 16, 1_KiB};
  EXPECT_EQ(window.pages(131072, 8192), (4095 + 8192 + 15) / 16 + 1);
  EXPECT_EQ(window.pages(100, 8192), 7 + 1);
  const KvSpec chunk{KvKind::chunk, 8192, 16, 1_KiB};
  EXPECT_EQ(chunk.pages(131072, 8192), 1024);
}

TEST(VllmKvCache, WithoutTheHybridManagerWindowsKeepEveryToken) {
  Question question = ask_vllm("gemma-3-1b", 32768);
  const std::vector<Bytes> hybrid = vllm_kv_bytes(question, runtime_of(question));
  question.options["hybrid_kv_cache"] = "off";
  EXPECT_EQ(groups_of(question).groups.size(), 1U);
  EXPECT_GT(vllm_kv_bytes(question, runtime_of(question))[0], hybrid[0]);
}

TEST(VllmKvCache, LatentAttentionKeepsOneVectorOnEveryDevice) {
  Question question = ask_vllm(latent_model());
  EXPECT_EQ(groups_of(question).block_bytes(0, 61), 61 * Bytes{16 * 576 * 2});
  question.devices = 8;
  question.split = Split::tensor;
  EXPECT_EQ(groups_of(question).block_bytes(0, 61), 61 * Bytes{16 * 576 * 2});
}

TEST(VllmKvCache, StatesArePaddedToAttentionsPages) {
  // Nemotron-H: a state of (8192 + 2 * 8 * 128) * 3 + 128 * 64 * 128 elements; a token takes 4096 B.
  const KvGroups groups = groups_of(ask_vllm(mamba2_model()));
  const std::int64_t state = (10240 * 3 + 1048576) * 2;
  const std::int64_t block = (state + 16 * 4096 - 1) / (16 * 4096) * 16;
  EXPECT_EQ(groups.block_tokens(), block);
  EXPECT_EQ(groups.layer_pages[0].count(), block * 4096);
  EXPECT_EQ(groups.layer_pages[51].count(), block * 4096);
  EXPECT_EQ(groups.layer_pages[24], Bytes{});  // an MLP
  EXPECT_EQ(groups.groups.size(), 7U);         // 24 states in groups of 4, and 4 attentions
  EXPECT_EQ(groups.blocks(block, 8192), 6 + 1);
}

TEST(VllmKvCache, LayersWithoutACacheOfTheirOwnTakeNoPages) {
  const KvGroups groups = groups_of(ask_vllm(sharing_model()));
  EXPECT_GT(groups.layer_pages[19], Bytes{});
  EXPECT_EQ(groups.layer_pages[20], Bytes{});
}

TEST(VllmKvCache, TensorSplitsDivideHeadsButNotBelowOne) {
  Question question = ask_vllm("llama-3.1-8b");
  question.split = Split::tensor;
  question.devices = 4;
  EXPECT_EQ(tokens_in(question, 16_GiB), 4 * 131072);
  question.devices = 32;
  EXPECT_EQ(tokens_in(question, 16_GiB), 8 * 131072);
}

TEST(VllmKvCache, TheStageWithMostLayersDecides) {
  Question question = ask_vllm("qwen2.5-7b");  // 28 layers
  question.split = Split::layers;
  question.devices = 3;  // 9, 10, 9
  const std::vector<Bytes> bytes = vllm_kv_bytes(question, runtime_of(question));
  EXPECT_EQ(9 * bytes[1], 10 * bytes[0]);
  EXPECT_EQ(bytes[0], bytes[2]);
  EXPECT_EQ(tokens_in(question, bytes[1]), 8192);
}

TEST(VllmKvCache, BytesAreWhatTheTokensNeed) {
  for (const char* name : {"llama-3.1-8b", "gemma-2-2b", "gemma-3-1b", "deepseek-v2-lite"}) {
    Question question = ask_vllm(name, 5000);
    const Bytes need = vllm_kv_bytes(question, runtime_of(question))[0];
    const Runtime runtime = runtime_of(question);
    EXPECT_DOUBLE_EQ(vllm_cache_room(question, runtime, need).sequences, 1.0) << name;
    EXPECT_DOUBLE_EQ(vllm_cache_room(question, runtime, 3 * need).sequences, 3.0) << name;
    question.workload.batch = 3;
    EXPECT_EQ(vllm_kv_bytes(question, runtime)[0], 3 * need) << name;
  }
}

TEST(VllmKvCache, AContextLongerThanWhatIsLeftNamesTheLongest) {
  const Question question = ask_vllm("llama-3.1-8b", 131072);
  const std::string message = message_of<InputError>([&] { tokens_in(question, 8_GiB); });
  EXPECT_THAT(message, HasSubstr("16.00 GiB"));
  EXPECT_THAT(message, HasSubstr("the longest context possible is 65536 tokens"));
  EXPECT_EQ(tokens_in(ask_vllm("llama-3.1-8b", 65536), 8_GiB), 65536);
  EXPECT_THAT(message_of<InputError>([&] { tokens_in(question, Bytes{-5}); }),
              HasSubstr("not one token fits"));
}

TEST(VllmKvCache, WithoutAContextTheModelsPositionsMustFit) {
  Question question = ask_vllm("llama-3.1-8b");
  question.workload.context.reset();
  EXPECT_THAT(message_of<InputError>([&] { tokens_in(question, 8_GiB); }), HasSubstr("131072 tokens"));
}

TEST(VllmKvCache, AModelWithoutACacheIsNamed) {
  Layer layer;
  layer.feed_forward = Mlp{.width = 64};
  const Question question = ask_vllm(model_with("cacheless", 64, 1000, {{layer, 2}}));
  EXPECT_THAT(message_of<InputError>([&] { tokens_in(question, 1_GiB); }), HasSubstr("keeps no KV cache"));
  EXPECT_EQ(vllm_kv_bytes(question, runtime_of(question))[0], Bytes{});
}

}  // namespace
}  // namespace calibram
