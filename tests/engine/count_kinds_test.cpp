// SPDX-License-Identifier: MIT
// What the own pass holds at its peak in layers that are not dense, against sums written out by hand.
#include "src/engine/count.hpp"
#include "tests/support/kinds_of_layers.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace calibram {
namespace {

constexpr std::int64_t prefill_rows = 5000;

/// The activations of a prefill of `prefill_rows` tokens, without the tokens themselves.
Bytes activations_of(Model model) {
  model.vocabulary = 16;  // so that no logits hide the layers
  Question question;
  question.model = std::make_shared<const Model>(std::move(model));
  question.weights = question.kv = &kv_format("bf16");
  question.workload = {.batch = 1, .prompt = prefill_rows, .generate = 1};
  const Count counted = count(question, runtime_of(question));
  EXPECT_EQ(counted.devices[0].phase, Phase::prefill);
  return counted.terms[Term::activation] - Bytes{4 * prefill_rows + 4};
}

Model one_layer(const Model& of, const Layer& layer) {
  Model model = of;
  model.layers = {{layer, 1}};
  return model;
}

TEST(CountOfKinds, LatentAttentionHoldsItsQueriesTwiceTheRankWide) {
  // The residual, the absorbed queries and the mixed latent vectors of all heads.
  EXPECT_EQ(activations_of(latent_model()), Bytes{2 * prefill_rows * (7168 + 128 * (512 + 64) + 128 * 512)});
}

TEST(CountOfKinds, ExpertsHoldOneRowForEveryTokenAndExpert) {
  Layer layer = latent_model().layers[1].layer;
  layer.mixer = {};
  layer.norm_before_mixer = false;
  // The residual, the shared expert's output, the gathered rows, both halves of the gate; and the
  // routes.
  EXPECT_EQ(activations_of(one_layer(latent_model(), layer)),
            Bytes{prefill_rows * (2 * (2 * 7168 + 8 * 7168 + 2 * 8 * 2048) + 8 * (4 + 4))});
}

TEST(CountOfKinds, Mamba2HoldsItsProjectionAndWhatWasConvolved) {
  const Mamba2 mamba = std::get<Mamba2>(mamba2_model().layers[0].layer.mixer);
  EXPECT_EQ(
      activations_of(one_layer(mamba2_model(), mamba2_model().layers[0].layer)),
      Bytes{2 * prefill_rows *
            (4096 + (mamba.inner_size() + mamba.convolved_size() + mamba.heads) + mamba.convolved_size())});
}

TEST(CountOfKinds, MambaHoldsStepsForEveryChannel) {
  Layer layer = mamba_model().layers[0].layer;
  layer.feed_forward = {};
  layer.norm_before_mlp = false;
  // The residual, the gate, what was convolved, B and C, the time steps, the result.
  EXPECT_EQ(activations_of(one_layer(mamba_model(), layer)),
            Bytes{2 * prefill_rows * (4096 + 8192 + 8192 + 2 * 16 + 8192 + 8192)});
}

TEST(CountOfKinds, LinearAttentionHoldsItsGates) {
  Layer layer = linear_attention_model().layers[0].layer;
  layer.feed_forward = {};
  layer.norm_before_mlp = false;
  EXPECT_EQ(activations_of(one_layer(linear_attention_model(), layer)),
            Bytes{2 * prefill_rows * (2048 + (8192 + 4096) + 64 + 8192)});
}

TEST(CountOfKinds, GatedAttentionHoldsTheGatesBesideTheQueries) {
  Layer layer = linear_attention_model().layers[1].layer;
  layer.feed_forward = {};
  layer.norm_before_mlp = false;
  // The residual, queries and gates, and attention's output.
  EXPECT_EQ(activations_of(one_layer(linear_attention_model(), layer)),
            Bytes{2 * prefill_rows * (2048 + 2 * 4096 + 4096)});
}

TEST(CountOfKinds, ALayerWithoutMixerOrMlpHoldsNothing) {
  Layer nothing;
  nothing.norm_before_mixer = nothing.norm_before_mlp = false;
  const Model dense = one_layer(mamba2_model(), mamba2_model().layers[2].layer);
  Model with_nothing = dense;
  with_nothing.layers.push_back({nothing, 3});
  EXPECT_EQ(activations_of(with_nothing), activations_of(dense));
}

TEST(CountOfKinds, NormsOfOutputsAloneBorrowTheirInput) {
  Layer layer = mamba2_model().layers[2].layer;
  layer.feed_forward = Mlp{.width = 64};
  layer.norm_before_mixer = layer.norm_before_mlp = false;
  layer.norm_after_each = true;
  // The residual itself is projected: beside it the queries, and attention's output.
  EXPECT_EQ(activations_of(one_layer(mamba2_model(), layer)), Bytes{2 * prefill_rows * 3 * 4096});
}

TEST(CountOfKinds, EveryCopyOfTheHiddenStateIsHeld) {
  const Bytes of_sharing = activations_of(sharing_model());
  // Four copies, the layers' embeddings, and within the MLP what any MLP of this width holds.
  EXPECT_EQ(of_sharing, Bytes{2 * prefill_rows * (4 * 2048 + 35 * 256 + 2048 + 2048 + 2 * 16384)});
}

TEST(CountOfKinds, WhatIsCountedIsFreedAgain) {
  for (Model (*model)() :
       {latent_model, chunked_model, sharing_model, mamba_model, mamba2_model, linear_attention_model}) {
    Question question;
    question.model = std::make_shared<const Model>(model());
    question.weights = question.kv = &kv_format("bf16");
    question.workload = {.batch = 1, .prompt = 7, .generate = 4};
    const Count four = count(question, runtime_of(question));
    question.workload.generate = 400;
    question.workload.context = 407;
    const Count many = count(question, runtime_of(question));
    EXPECT_EQ(four.terms[Term::activation], many.terms[Term::activation]) << question.model->name;
  }
}

}  // namespace
}  // namespace calibram
