// SPDX-License-Identifier: MIT
// Resolving runtimes: versions, families, options, and what is refused.
#include "src/engine/runtime.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& name, const Options& options = {}) {
  return message_of<InputError>([&] { resolve_runtime(name, options, "qwen2"); });
}

TEST(Runtime, TransformersKeptLogitsOfAllPositionsUntil445) {
  EXPECT_EQ(resolve_runtime("transformers@4.44.2", {}, "qwen2").logits_rows, LogitsRows::all);
  EXPECT_EQ(resolve_runtime("transformers@4.45.0", {}, "qwen2").logits_rows, LogitsRows::last);
}

TEST(Runtime, TransformersKeptTheOldStepUntil442) {
  EXPECT_TRUE(resolve_runtime("transformers@4.41.2", {}, "llama").keeps_previous_cache);
  EXPECT_FALSE(resolve_runtime("transformers@4.42.0", {}, "llama").keeps_previous_cache);
}

TEST(Runtime, RotaryTablesDependOnTheFamily) {
  EXPECT_EQ(resolve_runtime("transformers@4.38.2", {}, "qwen2").rotary_tables, RotaryTables::per_layer);
  EXPECT_EQ(resolve_runtime("transformers@4.38.2", {}, "gemma").rotary_tables, RotaryTables::per_attention);
  EXPECT_EQ(resolve_runtime("transformers@4.46.0", {}, "qwen2").rotary_tables, RotaryTables::per_step);
}

TEST(Runtime, AFamilyIsRefusedBeforeItsTimeAndWhereItsHistoryIsNotKnown) {
  const auto refused = [](const char* runtime, const char* family) {
    return message_of<InputError>([&] { resolve_runtime(runtime, {}, family); });
  };
  EXPECT_THAT(refused("transformers@4.46.0", "qwen3"), HasSubstr("it came in 4.51"));
  EXPECT_THAT(refused("transformers@4.46.0", "gpt_neox"), HasSubstr("known families: llama, mistral"));
}

TEST(Runtime, FlashAttentionExpandsTheCacheOfQwen2ButNotOfLlama) {
  const Options flash = {{"attention", "flash"}};
  EXPECT_TRUE(resolve_runtime("transformers@4.38.2", flash, "qwen2").expands_cache);
  EXPECT_FALSE(resolve_runtime("transformers@4.38.2", flash, "llama").expands_cache);
  EXPECT_FALSE(resolve_runtime("transformers@4.48.0", flash, "qwen2").expands_cache);
}

TEST(Runtime, AVersionBetweenKnownChangesBehavesAsItsInterval) {
  EXPECT_EQ(resolve_runtime("transformers@4.40.7", {}, "qwen2").logits_rows, LogitsRows::all);
}

TEST(Runtime, AReleaseIsReadWithAndWithoutItsVAndWrittenAsItsEngineDoes) {
  EXPECT_EQ(with_release_as_written("llama.cpp@0.5.0"), "llama.cpp@v0.5.0");
  EXPECT_EQ(with_release_as_written("vllm@v0.19.0"), "vllm@0.19.0");
  EXPECT_EQ(resolve_runtime("transformers@v4.38.2", {}, "llama").name, "transformers@4.38.2");
  for (const char* other : {"llama.cpp@b6000", "llama.cpp@2026-09-28", "llama.cpp@6000", "llama.cpp",
                            "vllm@v0.19.0rc1", "watched@0.5.0", "llama.cpp@"})
    EXPECT_EQ(with_release_as_written(other), other);
  EXPECT_THAT(refusal("llama.cpp@0.6.0"), HasSubstr("runtime llama.cpp@v0.6.0 is not known"));
}

TEST(Runtime, AVersionOutsideNamesTheRange) {
  EXPECT_THAT(refusal("transformers@4.20.0"), HasSubstr("4.31 to 5.0"));
  EXPECT_THAT(refusal("transformers@9.0"), HasSubstr("4.31 to 5.0"));
  EXPECT_THAT(refusal("transformers@new"), HasSubstr("must be numbers"));
  EXPECT_THAT(refusal("transformers"), HasSubstr("needs a version"));
  EXPECT_THAT(refusal("calibram@1.0"), HasSubstr("has no versions"));
}

TEST(Runtime, AnUnknownFamilySuggestsTheNearest) {
  EXPECT_THAT(refusal("transfomers@4.38.2"), HasSubstr("did you mean 'transformers'"));
}

TEST(Runtime, AnUnknownOptionNamesTheKnownOnes) {
  EXPECT_THAT(refusal("calibram", {{"attention", "magic"}}), HasSubstr("attention=flash|eager"));
  EXPECT_THAT(refusal("transformers@4.38.2", {{"ubatch", "512"}}), HasSubstr("no option ubatch=512"));
}

TEST(Runtime, OptionsSteerOurOwnPass) {
  const Runtime runtime = resolve_runtime(
      "calibram",
      {{"attention", "eager"}, {"cache", "concatenated"}, {"logits", "all"}, {"logits_copy", "none"}},
      "llama");
  EXPECT_EQ(runtime.attention, AttentionKind::eager);
  EXPECT_EQ(runtime.cache_growth, CacheGrowth::concatenated);
  EXPECT_EQ(runtime.logits_rows, LogitsRows::all);
  EXPECT_FALSE(runtime.upcasts_logits);
}

TEST(Runtime, BlocksOfAPagedCacheHaveOneOfAFewSizes) {
  const Runtime paged = resolve_runtime("calibram", {{"cache", "paged"}}, "llama");
  EXPECT_EQ(paged.cache_growth, CacheGrowth::paged);
  EXPECT_EQ(paged.cache_block_tokens, 16);
  for (const std::int64_t tokens : {8, 16, 32, 64, 128}) {
    const Options options{{"cache", "paged"}, {"block_tokens", std::to_string(tokens)}};
    EXPECT_EQ(resolve_runtime("calibram", options, "llama").cache_block_tokens, tokens);
  }
  EXPECT_THAT(refusal("calibram", {{"block_tokens", "12"}}), HasSubstr("block_tokens=8|16|32|64|128"));
}

TEST(Runtime, HowACardLoadsItsKernelsIsAnOptionThatChangesNothingCounted) {
  const Runtime plain = resolve_runtime("calibram", {}, "llama");
  for (const char* mode : {"lazy", "eager"}) {
    const Runtime runtime = resolve_runtime("calibram", {{"module_loading", mode}}, "llama");
    EXPECT_EQ(runtime.cache_growth, plain.cache_growth);
    EXPECT_EQ(runtime.counts_gemm_workspace, plain.counts_gemm_workspace);
  }
  EXPECT_THAT(refusal("calibram", {{"module_loading", "sometimes"}}), HasSubstr("module_loading=lazy|eager"));
}

}  // namespace
}  // namespace calibram
