// SPDX-License-Identifier: MIT
// llama.cpp's versions and options, and the settings that it refuses.
#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"

#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using namespace literals;

struct Asked {
  std::string version = "2026-09-28", options = {}, kv = "f16", model = "llama-3.1-8b";
  std::int64_t context = 4096;
  Metric metric = Metric::kv_cache;
  int devices = 1;
  std::int64_t batch = 1;
};

Question question_for(const Asked& asked) {
  Measurement row;
  row.model = asked.model;
  row.runtime = "llama.cpp@" + asked.version;
  row.kv = asked.kv;
  row.options = parse_options(asked.options);
  row.workload.context = asked.context;
  row.workload.batch = asked.batch;
  row.metric = asked.metric;
  row.devices = asked.devices;
  if (asked.devices > 1) row.split = Split::layers;
  return question_of(row);
}

Count counted(const Asked& asked) {
  const Question question = question_for(asked);
  return count(question, runtime_of(question));
}

Bytes cache(const Asked& asked) { return counted(asked).terms[Term::kv_cache]; }

std::string refusal(const Asked& asked) {
  try {
    counted(asked);
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was refused";
}

constexpr std::int64_t token_bytes = 131072;  ///< of Llama-3.1-8B in 16 bits

TEST(LlamaCpp, EveryKindOfVersionIsKnown) {
  for (const char* version : {"b6000", "2026-09-28", "v0.5.0", "0.5.0", "2025-03-01", "b7500"})
    EXPECT_EQ(cache({.version = version}), Bytes{4096 * token_bytes}) << version;
}

TEST(LlamaCpp, AVersionOutsideAllIntervalsNamesThem) {
  for (const char* version :
       {"b100", "2024-01-01", "2027-01-01", "2025-11-01", "v9.0.0", "b", "2026-13-01", ""})
    EXPECT_NE(refusal({.version = version}).find("b4750 to b5420"), std::string::npos) << version;
}

TEST(LlamaCpp, OlderVersionsPadByAttention) {
  EXPECT_EQ(cache({.version = "b6000", .options = "flash_attn=off", .context = 1000}),
            Bytes{1024 * token_bytes});
  EXPECT_EQ(cache({.version = "b6000", .context = 1056}), Bytes{1056 * token_bytes});
  EXPECT_EQ(cache({.version = "b6000", .options = "flash_attn=on", .context = 1056}),
            Bytes{1280 * token_bytes});
  EXPECT_EQ(cache({.options = "flash_attn=off", .context = 1056}), Bytes{1280 * token_bytes});
}

TEST(LlamaCpp, WindowsHadNoCacheOfTheirOwnBefore) {
  const Asked gemma{.model = "gemma-3-4b", .context = 32768};
  Asked old = gemma, full = gemma;
  old.version = "2025-04-01";
  full.options = "swa_full=on";
  EXPECT_EQ(cache(old), cache(full));
  EXPECT_LT(cache(gemma), cache(old));
}

TEST(LlamaCpp, SlotsShareTheContext) {
  EXPECT_EQ(cache({.options = "parallel=4"}), Bytes{4096 * token_bytes});
  EXPECT_EQ(cache({.options = "parallel=3"}), Bytes{3 * 1536 * token_bytes});
  EXPECT_EQ(cache({.options = "parallel=3;kv_unified=on"}), Bytes{4096 * token_bytes});
}

TEST(LlamaCpp, KeysAndValuesHaveFormatsOfTheirOwn) {
  EXPECT_EQ(cache({.options = "type_k=q8_0;type_v=q4_0"}), Bytes{4096 * token_bytes / 4 / 32 * (34 + 18)});
  EXPECT_EQ(cache({.options = "type_k=q5_1;type_v=iq4_nl"}), Bytes{4096 * token_bytes / 4 / 32 * (24 + 18)});
}

TEST(LlamaCpp, AMicroBatchIsNoLargerThanABatch) {
  const auto compute = [](const char* options) {
    return counted({.options = options, .metric = Metric::compute}).terms[Term::activation];
  };
  EXPECT_EQ(compute("n_batch=128;ubatch=512"), compute("n_batch=128;ubatch=128"));
  EXPECT_LT(compute("n_batch=128"), compute("n_batch=2048"));
}

TEST(LlamaCpp, KeptLogitsFollowTheBatch) {
  const auto logits = [](const char* options) {
    return counted({.options = options, .metric = Metric::allocated}).terms[Term::logits];
  };
  EXPECT_EQ(logits(""), Bytes{128256 * 4});
  EXPECT_EQ(logits("parallel=4"), Bytes{4 * 128256 * 4});
  EXPECT_EQ(logits("logits_all=on;n_batch=1024"), Bytes{1024 * 128256 * std::int64_t{4}});
  EXPECT_EQ(logits("embeddings=on"), Bytes{(128256 + 4096) * 4});
}

TEST(LlamaCpp, WhatItRefusesIsRefusedWithWhatIsPossible) {
  EXPECT_EQ(
      refusal({.options = "flash_attn=off;type_v=q8_0"}),
      "llama.cpp keeps no q8_0 values without flash attention (it transposes them, element by element); use "
      "flash_attn=on, or type_v=f16");
  EXPECT_EQ(refusal({.kv = "int8"}),
            "llama.cpp has no int8 cache; use f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0 or q5_1");
  EXPECT_NE(refusal({.options = "type_k=q8_0", .model = "deepseek-v2-lite"}).find("the same format"),
            std::string::npos);
  EXPECT_NE(refusal({.options = "type_k=q8_0", .model = "phi-2"}).find("heads of 80 elements"),
            std::string::npos);
  EXPECT_NE(refusal({.options = "parallel=256", .context = 100}).find("256 or more"), std::string::npos);
  EXPECT_NE(refusal({.context = std::int64_t{1} << 40}).find("32 bits"), std::string::npos);
  EXPECT_NE(refusal({.batch = 4}).find("use parallel=4"), std::string::npos);
  EXPECT_NE(refusal({.options = "parallel=4;n_outputs_max=2"}).find("n_outputs_max=4 or more"),
            std::string::npos);
  EXPECT_NE(refusal({.options = "threads=4"}).find("known: ubatch=N"), std::string::npos);
  EXPECT_NE(refusal({.options = "ngl=4"}).find("use backend=cuda"), std::string::npos);
  EXPECT_NE(refusal({.devices = 2}).find("the host is one device"), std::string::npos);
  EXPECT_NE(refusal({.version = "b6000", .options = "parallel=2;kv_unified=off"}).find("use kv_unified=on"),
            std::string::npos);
}

TEST(LlamaCpp, AGraphThatIsNotKnownIsSaidToBe) {
  EXPECT_NE(refusal({.version = "b6000", .metric = Metric::compute}).find("2026-09-28"), std::string::npos);
  EXPECT_NE(refusal({.options = "backend=cuda;ngl=20", .metric = Metric::compute}).find("ngl=33"),
            std::string::npos);
  EXPECT_NE(
      refusal({.options = "backend=cuda", .metric = Metric::compute, .devices = 2}).find("several cards"),
      std::string::npos);
  EXPECT_NE(refusal({.model = "gemma-3n-e2b", .metric = Metric::compute}).find("gemma3n is not known"),
            std::string::npos);
}

// Llama-3.1-8B: 32 layers, and the head counts as one more.
TEST(LlamaCpp, LayersGoToTheCardsFromTheEnd) {
  const Count half = counted({.options = "backend=cuda;ngl=17", .metric = Metric::kv_cache});
  ASSERT_EQ(half.devices.size(), 2U);
  EXPECT_FALSE(half.devices[0].is_host);
  EXPECT_TRUE(half.devices[1].is_host);
  EXPECT_EQ(half.devices[0].at_peak[Term::kv_cache], half.devices[1].at_peak[Term::kv_cache]);
  const Count all = counted({.options = "backend=cuda", .metric = Metric::weights});
  EXPECT_EQ(all.devices[1].at_peak[Term::weights], Bytes{128256 * std::int64_t{4096} * 2});
  const Count none = counted({.options = "backend=cuda;ngl=0", .metric = Metric::weights});
  EXPECT_EQ(none.devices[0].at_peak[Term::weights], 0_B);
  EXPECT_EQ(none.total, all.total);
}

// The head's logits and what they are made from hold the card's peak; the host keeps the inputs.
TEST(LlamaCpp, ACardHasTheResultsAndTheHostTheInputs) {
  const Count card = counted({.options = "backend=cuda", .metric = Metric::compute});
  const std::int64_t hidden = 4096 * 512 * 4, mask = 4096 * 512 * 2, indices = 512 * (4 + 4 + 8 + 8 + 4);
  EXPECT_EQ(card.devices[0].at_peak[Term::activation], Bytes{128256 * std::int64_t{512} * 4 + hidden});
  EXPECT_EQ(card.devices[1].at_peak[Term::activation], Bytes{2 * hidden + mask + indices});
  EXPECT_EQ(card.devices[1].at_peak[Term::logits], Bytes{128256 * 4});
}

// What a card reserves was read from the engine's source and not checked against one.
TEST(LlamaCpp, TheoryAnswersForTheHostAndOnlyWhatIsStoredForCards) {
  const auto metrics = [](const char* options) {
    return runtime_of(question_for({.options = options})).counted;
  };
  EXPECT_TRUE(metrics("").contains(Metric::compute));
  EXPECT_FALSE(metrics("backend=cuda").contains(Metric::compute));
  EXPECT_TRUE(metrics("backend=cuda").contains(Metric::kv_cache));
}

TEST(LlamaCpp, SharesPlaceLayersOnCards) {
  const Count uneven =
      counted({.options = "backend=cuda;tensor_split=3,1", .metric = Metric::kv_cache, .devices = 2});
  ASSERT_EQ(uneven.devices.size(), 3U);
  // 33 parts with the head: the first card has those whose place is below three quarters.
  EXPECT_EQ(uneven.devices[0].at_peak[Term::kv_cache], Bytes{25 * 4096 * token_bytes / 32});
  EXPECT_EQ(uneven.devices[1].at_peak[Term::kv_cache], Bytes{7 * 4096 * token_bytes / 32});
  EXPECT_NE(refusal({.options = "backend=cuda;tensor_split=1,1,1", .devices = 2}).find("write 2 shares"),
            std::string::npos);
}

TEST(LlamaCpp, ATiedHeadOnACardIsACopy) {
  const Count card = counted({.options = "backend=cuda", .model = "qwen2-0.5b", .metric = Metric::weights});
  const Count host = counted({.model = "qwen2-0.5b", .metric = Metric::weights});
  EXPECT_EQ(card.total - host.total, Bytes{151936 * 896 * 2});
}

}  // namespace
}  // namespace calibram
