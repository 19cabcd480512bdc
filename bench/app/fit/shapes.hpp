// SPDX-License-Identifier: MIT
// Rows that differ in their context alone, and the straight line that memory makes against it.
#pragma once

#include "fit/line.hpp"
#include "src/engine/measurement.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

struct ShapeLine {
  Line measured;                       ///< bytes at no token, bytes per token
  std::optional<double> theory_slope;  ///< bytes of KV cache per token, as theory counts the longest row
};

/// What stays fixed while the context grows.
struct Shape {
  std::string runtime, model, options, weights, kv;
  std::int64_t batch = 1;
  Placement placement;
  Metric metric = Metric::allocated;
  std::string device;
  std::vector<std::size_t> rows;    ///< indices of its rows, the shortest context first
  std::optional<ShapeLine> line{};  ///< with three different contexts: two make a line, but do not test it

  /// "qwen2-7b attention=flash".
  std::string model_and_options() const { return options.empty() ? model : model + " " + options; }
};

/// The shapes of rows with a value and no outcome, ordered by model.
std::vector<Shape> shapes_of(const std::vector<const Measurement*>& rows);

}  // namespace calibram
