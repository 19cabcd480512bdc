// SPDX-License-Identifier: MIT
// Groups rows by all but their context, and fits a line to each group.
#include "bench/app/fit/shapes.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace calibram {
namespace {

auto key_of(const Shape& shape) {
  return std::make_tuple(shape.model_and_options(), shape.weights, shape.kv, shape.batch, shape.runtime,
                         shape.metric, shape.placement.devices, shape.placement.split, shape.device);
}

Shape shape_of(const Measurement& row) {
  Shape shape;
  shape.runtime = row.runtime;
  shape.model = row.model;
  shape.options = options_text(row.options);
  shape.weights = row.weights;
  shape.kv = row.kv;
  shape.batch = row.workload.batch;
  shape.placement = {row.devices, row.split};
  shape.metric = row.metric;
  shape.device = row.device;
  return shape;
}

/// Absent for a row that theory cannot count: its line stands all the same.
std::optional<double> theory_slope(const Measurement& longest, ModelLibrary& models) try {
  const Question question = question_of(longest, models);
  const Count counted = count(question, runtime_of(question));
  return static_cast<double>(counted.terms[Term::kv_cache].count()) /
         static_cast<double>(longest.workload.context_tokens());
} catch (const InputError&) {
  return std::nullopt;
}

/// @param points  ordered by context
std::optional<ShapeLine> line_of(const std::vector<const Measurement*>& points, ModelLibrary& models) {
  std::vector<double> tokens, values;
  std::size_t contexts = 0;
  for (const Measurement* row : points) {
    const auto context = static_cast<double>(row->workload.context_tokens());
    if (tokens.empty() || tokens.back() != context) ++contexts;
    tokens.push_back(context);
    values.push_back(static_cast<double>(*row->value));
  }
  if (contexts < 3) return std::nullopt;
  return ShapeLine{fit_line(tokens, values), theory_slope(*points.back(), models)};
}

}  // namespace

std::vector<Shape> shapes_of(const std::vector<const Measurement*>& rows) {
  std::map<decltype(key_of(Shape{})), Shape> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]->value || !rows[i]->outcome.empty()) continue;
    Shape shape = shape_of(*rows[i]);
    auto key = key_of(shape);
    found.try_emplace(std::move(key), std::move(shape)).first->second.rows.push_back(i);
  }
  ModelLibrary models;
  std::vector<Shape> shapes;
  for (auto& [key, shape] : found) {
    std::stable_sort(shape.rows.begin(), shape.rows.end(), [&](std::size_t a, std::size_t b) {
      return rows[a]->workload.context_tokens() < rows[b]->workload.context_tokens();
    });
    std::vector<const Measurement*> points;
    for (const std::size_t i : shape.rows) points.push_back(rows[i]);
    shape.line = line_of(points, models);
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

}  // namespace calibram
