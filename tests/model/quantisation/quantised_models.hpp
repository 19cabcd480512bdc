// SPDX-License-Identifier: MIT
// Small models to quantise, and what tests of quantization_config readers have in common.
#pragma once

#include "src/core/error.hpp"
#include "src/model/quantisation/quantisation.hpp"
#include "src/model/weights.hpp"
#include "tests/support/scratch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace calibram {

inline Layer layer_with(Mixer mixer, FeedForward feed_forward) {
  Layer layer;
  layer.mixer = std::move(mixer);
  layer.feed_forward = std::move(feed_forward);
  return layer;
}

/// One dense layer and three with experts, of which one is shared; latent attention.
inline Model deepseek() {
  const LatentAttention attention{
      .heads = 4, .query_rank = 8, .kv_rank = 8, .plain_size = 4, .rotary_size = 4, .value_size = 4};
  const Experts experts{.count = 4, .active = 1, .expert = {.width = 32}, .shared = Mlp{.width = 32}};
  Model model;
  model.hidden_size = 64;
  model.vocabulary = 128;
  model.layers = {{layer_with(attention, Mlp{.width = 128}), 1}, {layer_with(attention, experts), 3}};
  return model;
}

inline Model dense(std::int64_t layers = 4) {
  Model model;
  model.hidden_size = 64;
  model.vocabulary = 128;
  model.layers = {
      {layer_with(Attention{.heads = 4, .kv_heads = 2, .head_size = 16}, Mlp{.width = 128}), layers}};
  return model;
}

inline Quantisation read(const std::string& config, const Model& model = dense()) {
  return read_quantisation(parse_json(config, "config.json"), model);
}
inline std::string refusal(const std::string& config, const Model& model = dense()) {
  return message_of<InputError>([&] { read(config, model); });
}

inline bool leaves_alone(const Format& format, WeightName name) {
  return format.left_alone[static_cast<std::size_t>(name)];
}

/// The same tensors for a matrix.
inline void expect_parts(const Format& actual, const Format& expected) {
  EXPECT_EQ(actual.name, expected.name);
  EXPECT_EQ(actual.parts, expected.parts);
}

}  // namespace calibram
