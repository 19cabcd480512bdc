// SPDX-License-Identifier: MIT
// What the plans of host and card are made of: formats, shapes, settings, and the row that they ask for.
#pragma once

#include "src/engine/measurement.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace calibram {

/// Formats of weights and cache that the backends execute.
struct FormatPair {
  std::string_view weights, kv;
};
inline constexpr FormatPair half{"fp16", "fp16"}, all_int8{"int8", "int8"}, int8_kv{"fp16", "int8"},
    int8_weights{"int8", "fp16"};

/// Shapes that differ in what they make large: cache (many heads), activations (wide MLP), weights (deep),
/// logits (large vocabulary), and in what they are made of (LayerNorm, biases, tying, plain MLP).
inline constexpr std::array probe_shapes = {"probe-mha",  "probe-gqa",   "probe-mqa",
                                            "probe-deep", "probe-plain", "probe-vocabulary"};

/// One shape of every kind of layer that no dense decoder has.
inline constexpr std::array kind_shapes = {"probe-experts", "probe-latent", "probe-mamba",  "probe-mamba2",
                                           "probe-linear",  "probe-sinks",  "probe-sharing"};

/// Tokens generated at the end of every context, enough for the cache to grow by decoding.
inline constexpr std::int64_t generated_tokens = 4;

/// What a shape is measured with.
struct Setting {
  FormatPair formats;
  std::int64_t context, batch;
  std::string_view options = "";
};

/// The row that is to be measured.
Measurement configuration(std::string_view model, const Setting& setting, Metric metric);

}  // namespace calibram
