// SPDX-License-Identifier: MIT
// What each engine keeps of published shapes, against their figures; and the own pass against its own rule.
#include "src/engine/cache_rules.hpp"

#include "src/engine/count.hpp"
#include "tests/support/kinds_of_layers.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace calibram {
namespace {

using namespace literals;

SequenceCache cache_of(std::string_view runtime, const Model& model, std::string_view format = "bf16") {
  const Format& kv = kv_format(format);
  return sequence_cache(*find_cache_rule(runtime), model, kv, kv, 2);
}

TEST(CacheRules, LatentVectorsAreKeptOnceByAllButTransformers) {
  // vllm MLAAttentionSpec: 576 * 2 * 61. transformers modeling_deepseek_v3.py: 128 * (192 + 128) * 2 * 61.
  EXPECT_EQ(cache_of("vllm@0.19.0", latent_model()).per_token, 70272_B);
  EXPECT_EQ(cache_of("llama.cpp@b6000", latent_model()).per_token, 70272_B);
  EXPECT_EQ(cache_of("calibram", latent_model()).per_token, 70272_B);
  EXPECT_EQ(cache_of("transformers@4.57.0", latent_model()).per_token, 4997120_B);
}

TEST(CacheRules, ChunkedLayersStopGrowingWhereTheEngineKeepsOnlyTheChunk) {
  const SequenceCache scout = cache_of("vllm", chunked_model());
  EXPECT_EQ(scout.per_token, 49152_B);
  EXPECT_EQ(scout.full_windows(), 1152_MiB);
  EXPECT_EQ(scout.bytes(8192), 8192 * (49152_B + 36 * 4096_B));
  EXPECT_EQ(scout.bytes(8193), scout.bytes(8192) + 49152_B);
  EXPECT_EQ(cache_of("calibram", chunked_model()).per_token, 48 * 4096_B);
}

TEST(CacheRules, LayersThatReadOtherCachesKeepNone) {
  const SequenceCache gemma = cache_of("vllm", sharing_model());
  EXPECT_EQ(gemma.per_token, 8192_B);
  EXPECT_EQ(gemma.full_windows(), 16_MiB);
}

TEST(CacheRules, WindowsOfOneSizeAreOnePart) {
  EXPECT_THAT(cache_of("vllm", sharing_model()).windowed,
              testing::ElementsAre(SequenceCache::Windowed{512, 32_KiB}));
  EXPECT_THAT(cache_of("transformers@4.57.0", sharing_model()).windowed,
              testing::ElementsAre(SequenceCache::Windowed{511, 32_KiB}));
}

TEST(CacheRules, StatesOfFixedSizeAreThoseOfTheEngine) {
  // vllm MambaStateShapeCalculator; figures of published models.
  const SequenceCache jamba = cache_of("vllm", mamba_model());
  EXPECT_EQ(jamba.per_token, 16384_B);
  EXPECT_EQ(jamba.state, Bytes{28 * (8192 * 3 + 8192 * 16) * 2});
  EXPECT_EQ(mib_text(jamba.state), "8.31 MiB");
  const SequenceCache nemotron = cache_of("vllm", mamba2_model());
  EXPECT_EQ(nemotron.per_token, 16384_B);
  EXPECT_EQ(mib_text(nemotron.state), "49.41 MiB");
  const SequenceCache qwen = cache_of("vllm", linear_attention_model());
  EXPECT_EQ(qwen.per_token, 24576_B);
  EXPECT_EQ(mib_text(qwen.state), "37.69 MiB");
}

TEST(CacheRules, WidthsOfStatesDifferBetweenEngines) {
  // The recurrence in FP32, the convolution's three or four last inputs in 16 bit or, llama.cpp, in 32.
  const std::int64_t memory = 36 * 32 * 128 * 128, channels = 36 * 8192;
  EXPECT_EQ(cache_of("calibram", linear_attention_model()).state, Bytes{4 * memory + 2 * 3 * channels});
  EXPECT_EQ(cache_of("transformers@4.57.0", linear_attention_model()).state,
            Bytes{4 * memory + 2 * 4 * channels});
  EXPECT_EQ(cache_of("llama.cpp@b6000", linear_attention_model()).state,
            Bytes{4 * memory + 4 * 3 * channels});
}

TEST(CacheRules, ScalesOfQuantisedCachesCount) {
  // llama.cpp: 576 elements in blocks of 32 with an FP16 scale.
  const SequenceCache q8 = cache_of("llama.cpp", latent_model(), "q8_0");
  EXPECT_EQ(q8.per_token, Bytes{61 * 576 / 32 * 34});
}

struct OwnPass : testing::TestWithParam<Model (*)()> {};

TEST_P(OwnPass, HoldsWhatItsRuleSays) {
  Question question;
  question.model = std::make_shared<const Model>(GetParam()());
  question.weights = &weight_format("bf16");
  question.workload = {.batch = 3, .prompt = 1000, .generate = 5, .context = 9000};
  for (const std::string_view kv : {"bf16", "int8"}) {
    question.kv = &kv_format(kv);
    const Bytes one = cache_of("calibram", *question.model, kv).bytes(9000);
    EXPECT_EQ(count(question, runtime_of(question)).terms[Term::kv_cache], 3 * one) << kv;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, OwnPass,
                         testing::Values(latent_model, chunked_model, sharing_model, mamba_model,
                                         mamba2_model, linear_attention_model));

TEST(CacheRules, EveryRuntimeFamilyHasOne) {
  for (const RuntimeFamily& family : runtime_families()) EXPECT_TRUE(find_cache_rule(family.name));
  EXPECT_EQ(find_cache_rule("sglang"), nullptr);
}

}  // namespace
}  // namespace calibram
