// SPDX-License-Identifier: MIT
// Experts in MXFP4 as gpt-oss-20b has them, against sums written out by hand.
#include "src/engine/vllm/mxfp4_experts.hpp"

#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/kinds_of_layers.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

Experts experts_of_width(std::int64_t width) {
  return {.count = 32, .active = 4, .expert = {.width = width, .bias = true}, .router_bias = true};
}

std::int64_t requested(std::int64_t width, const char* card) {
  const Experts experts = experts_of_width(width);
  return Mxfp4Experts{experts, 2880, *find_gpu(card)}.blocks().requested.count();
}

TEST(VllmMxfp4Experts, OnHopperValuesAndScalesArePaddedAndTheLoadedScalesStay) {
  // 2880 / 2 bytes of values are padded to 1472; of 5760 and 2880 rows of scales become 5888 and 3072.
  EXPECT_EQ(requested(2880, "H100"),
            32 * (1472 * (5760 + 2880) + 90 * (5888 + 3072) + 90 * (5760 + 2880) + 4 * (5760 + 2880)));
}

TEST(VllmMxfp4Experts, ASliceOfTheWidthIsPaddedTo64) {
  EXPECT_EQ(requested(1440, "H100"), requested(1472, "H100"));
  EXPECT_LT(requested(1408, "H100"), requested(1440, "H100"));
}

TEST(VllmMxfp4Experts, MarlinPadsBothSizesAndKeepsOneSetOfScales) {
  EXPECT_EQ(requested(2880, "A100"),
            32 * (1536 * 5888 + 1472 * 3072 + 96 * 5888 + 92 * 3072 + 2 * (5888 + 3072)));
}

/// The profile run's peak, in MiB, of a model whose vocabulary is too small for the sampler to count.
TermBytes terms_on(const char* card) {
  Layer layer;
  layer.mixer = Attention{.heads = 32, .kv_heads = 32, .head_size = 64};
  layer.feed_forward =
      Experts{.count = 32, .active = 4, .expert = {.width = 2048, .bias = true}, .router_bias = true};
  Question question = ask_vllm(model_with("experts", 2048, 64, {{layer, 4}}));
  question.weights = &weight_format("mxfp4");
  question.device = card;
  return count_on_vllm(question).terms;
}

TEST(VllmMxfp4Experts, OneCallKeepsNoWorkspace) {
  const TermBytes terms = terms_on("H100 80GB");
  EXPECT_EQ(terms[Term::workspace].count(), 32 * mib);
  // Rows of 2048 take 32 MiB: attention's output, the residual, their sum, its norm and the experts' output;
  // four for the activated product and four for the second one. Router: 32 logits, four weights and choices.
  EXPECT_EQ(terms[Term::activation].count(), (5 + 4 + 4) * 32 * mib + 8192 * (32 * 2 + 4 * 8));
}

TEST(VllmMxfp4Experts, MarlinsWorkspaceStays) {
  EXPECT_EQ(terms_on("A100 80GB")[Term::workspace].count(), 8519680 + 8192 * 4 * (2048 + 4096) * 2);
}

}  // namespace
}  // namespace calibram
