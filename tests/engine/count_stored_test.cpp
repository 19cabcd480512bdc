// SPDX-License-Identifier: MIT
// Weights as the model's files hold them: every tensor is loaded as it is, where its layer lies.
#include "src/engine/count.hpp"

#include "src/core/error.hpp"
#include "src/model/stored_tensor.hpp"
#include "tests/support/kinds_of_layers.hpp"
#include "tests/support/layers.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

/// Four dense layers whose files hold so many bytes in each, and 5 MiB outside.
Question stored_question(std::vector<Bytes> of_layers) {
  Layer layer;
  attention_in(layer) = {.heads = 4, .kv_heads = 4, .head_size = 32, .rotary_size = 32};
  mlp_in(layer).width = 64;
  auto stored = std::make_shared<StoredWeights>();
  const auto add = [&](std::string name, Bytes bytes) {
    stored->tensors.push_back({std::move(name), find_safetensors_type("U8"), {bytes.count()}, 0, 0, bytes});
  };
  for (std::size_t i = 0; i < of_layers.size(); ++i)
    add("model.layers." + std::to_string(i) + ".mlp.experts.3.weight", of_layers[i]);
  add("lm_head.weight", 5_MiB);
  Model model = model_with("llama", 128, 1000, {{layer, 4}});
  model.stored = stored;
  Question question;
  question.model = std::make_shared<const Model>(std::move(model));
  question.weights = &weight_format("as-stored");
  question.kv = &kv_format("fp16");
  question.workload = {.batch = 1, .prompt = 8, .generate = 3};
  return question;
}

Bytes weights_of(const Question& question) {
  return count(question, runtime_of(question)).terms[Term::weights];
}

TEST(CountStored, WeightsAreTheTensorsOfTheFiles) {
  EXPECT_EQ(weights_of(stored_question({1_MiB, 3_B, 2_MiB, 1_MiB})), 9_MiB + 3_B);
}

TEST(CountStored, EveryTensorIsRoundedAlone) {
  Question question = stored_question({3_B, 3_B, 3_B, 3_B});
  question.runtime = "transformers@4.46.0";
  EXPECT_EQ(weights_of(question), 4 * 512_B + 5_MiB);
}

TEST(CountStored, ATensorLiesWhereItsLayerDoes) {
  Question question = stored_question({1_MiB, 2_MiB, 30_MiB, 40_MiB});
  question.runtime = "transformers@4.46.0";
  question.devices = 2;
  question.options = {{"layer_split", "2,2"}};
  const Count counted = count(question, runtime_of(question));
  EXPECT_EQ(counted.devices[0].at_peak[Term::weights], 8_MiB);
  EXPECT_EQ(counted.devices[1].at_peak[Term::weights], 70_MiB);
}

TEST(CountStored, OnlyTheWeightsDifferFromThePlainFormat) {
  Question question = stored_question({1_MiB});
  const Count stored = count(question, runtime_of(question));
  question.weights = &weight_format("fp16");
  const Count plain = count(question, runtime_of(question));
  EXPECT_NE(stored.terms[Term::weights], plain.terms[Term::weights]);
  for (const Term term : {Term::kv_cache, Term::activation, Term::logits})
    EXPECT_EQ(stored.terms[term], plain.terms[term]);
}

TEST(CountStored, WithoutFilesThereIsNothingToLoad) {
  Question question = stored_question({1_MiB});
  Model model = *question.model;
  model.stored.reset();
  question.model = std::make_shared<const Model>(std::move(model));
  EXPECT_THAT(message_of<InputError>([&] { weights_of(question); }), HasSubstr("weights=as-stored"));
}

TEST(LayerOf, IsTheFirstNumberBehindTheNameOfAList) {
  EXPECT_EQ(layer_of("model.layers.12.mlp.experts.7.down_proj.weight"), 12);
  EXPECT_EQ(layer_of("blk.3.attn_q.weight"), 3);
  EXPECT_EQ(layer_of("transformer.h.0.ln_1.bias"), 0);
  EXPECT_EQ(layer_of("gpt_neox.layers.5.attention.bias"), 5);
  EXPECT_EQ(layer_of("model.embed_tokens.weight"), std::nullopt);
  EXPECT_EQ(layer_of("output.weight"), std::nullopt);
  EXPECT_EQ(layer_of("altup_projections.0.weight"), std::nullopt);
  EXPECT_EQ(layer_of("model.layers.99999999999999999999.x"), std::nullopt);
}

}  // namespace
}  // namespace calibram
