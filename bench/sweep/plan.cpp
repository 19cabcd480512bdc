// SPDX-License-Identifier: MIT
// The built-in plans.
#include "bench/sweep/plan.hpp"

#include "bench/sweep/configuration.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace calibram {
namespace {

/// From 64 to 6400 tokens: two decades. The odd ones keep tensors off page boundaries.
constexpr std::array<std::int64_t, 5> contexts = {64, 250, 1000, 2500, 6400};

/// From this many tokens in a step on, two layers of each kind are executed of all that are allocated.
constexpr std::int64_t long_step_tokens = 200;

Measurement on_host(std::string_view model, const Setting& setting) {
  return calibram::configuration(model, setting, Metric::rss);
}

/// Floating-point operations of a prompt.
struct Work {
  double products;  ///< two per weight and token
  double scores;    ///< four per query-key pair and head element
};

/// The attention that the layer computes, where it computes any.
std::optional<Attention> scores_of(const Layer& layer) {
  if (const Attention* attention = attention_of(layer)) return *attention;
  if (const auto* latent = std::get_if<LatentAttention>(&layer.mixer)) return absorbed_attention(*latent);
  return std::nullopt;
}

Work work_of(const Question& question, std::int64_t layers_executed) {
  const Model& model = *question.model;
  const Workload& workload = question.workload;
  const double share = static_cast<double>(layers_executed) / static_cast<double>(layer_count(model));
  const double tokens = static_cast<double>(workload.batch) * static_cast<double>(workload.prompt);
  double query_width = 0;  // of all layers
  for (const LayerRun& run : model.layers)
    if (const std::optional<Attention> attention = scores_of(run.layer))
      query_width += static_cast<double>(run.count * attention->heads * attention->head_size);
  const double pairs = tokens * static_cast<double>(workload.prompt) / 2;
  const auto parameters = static_cast<double>(active_parameter_count(model));
  return {2 * parameters * share * tokens, 4 * pairs * query_width * share};
}

/// Assumptions of the plan, not measurements: a child's start, and speeds that any card of the H100's class
/// should reach.
double seconds_on_card(const Work& work) {
  constexpr double start_seconds = 1.2, products_per_second = 2e14, scores_per_second = 4e13;
  return start_seconds + work.products / products_per_second + work.scores / scores_per_second;
}

std::vector<Measurement> shape_configurations(std::string_view shape) {
  std::vector<Measurement> rows;
  for (std::int64_t context : contexts)
    for (const FormatPair& formats : {half, all_int8}) rows.push_back(on_host(shape, {formats, context, 1}));
  for (std::int64_t context : {std::int64_t{64}, std::int64_t{250}})
    for (const FormatPair& formats : {int8_kv, int8_weights})
      rows.push_back(on_host(shape, {formats, context, 4}));
  rows.push_back(on_host(shape, {int8_kv, 1000, 2}));
  rows.push_back(on_host(shape, {int8_weights, 2500, 1}));
  rows.push_back(on_host(shape, {half, 250, 1, "logits=all"}));
  rows.push_back(on_host(shape, {half, 250, 1, "logits=all;logits_copy=none"}));
  return rows;
}

/// That theory holds for this kind of layer too: its slopes are the dense shapes' business.
std::vector<Measurement> kind_configurations(std::string_view shape) {
  return {on_host(shape, {half, 250, 1}), on_host(shape, {all_int8, 64, 4}),
          on_host(shape, {half, 64, 1, "logits=all"})};
}

bool is_quick(const Measurement& row) {
  return row.workload.context_tokens() <= 250 && row.workload.batch == 1 && row.options.empty();
}

}  // namespace

Point plan_point(Measurement row, ModelLibrary& models) {
  Point point;
  Question question = question_of(row, models);
  const Runtime runtime = runtime_of(question);
  point.prediction = count(question, runtime);
  const std::int64_t layers = layer_count(*question.model);
  // Two layers of each kind have the same high-water mark as all of them where nothing grows from layer to
  // layer (tests/bench/sweep/two_layers_test.cpp).
  const bool long_step = row.workload.batch * row.workload.prompt >= long_step_tokens;
  point.layers_executed = long_step && runtime.cache_growth != CacheGrowth::concatenated
                              ? static_cast<std::int64_t>(representative_layers(*question.model).size())
                              : layers;
  const Work work = work_of(question, point.layers_executed);
  point.work = row.metric == Metric::device ? seconds_on_card(work) : work.products + work.scores;
  // Pages are large, so the peak of whole pages need not be the peak of the bytes asked for.
  question.metric = Metric::allocated;
  point.predicted = count(question, runtime).total;
  point.row = std::move(row);
  return point;
}

Point plan_point(Measurement row) {
  ModelLibrary models;
  return plan_point(std::move(row), models);
}

std::vector<Point> host_plan(PlanSize size) {
  std::vector<Measurement> rows;
  for (std::string_view shape : probe_shapes) {
    std::vector<Measurement> shape_rows = shape_configurations(shape);
    if (size == PlanSize::quick) {
      std::erase_if(shape_rows, [](const Measurement& row) { return !is_quick(row); });
    } else {
      // One configuration of each shape is measured three times, to show how far repeats scatter.
      const Measurement repeated = shape_rows[2];
      shape_rows.insert(shape_rows.end(), 2, repeated);
    }
    rows.insert(rows.end(), shape_rows.begin(), shape_rows.end());
  }
  if (size != PlanSize::quick)
    for (std::string_view shape : kind_shapes)
      for (Measurement& row : kind_configurations(shape)) rows.push_back(std::move(row));
  ModelLibrary models;
  std::vector<Point> points;
  for (Measurement& row : rows) points.push_back(plan_point(std::move(row), models));
  return points;
}

}  // namespace calibram
