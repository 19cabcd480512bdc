// SPDX-License-Identifier: MIT
// The built-in plans for a card.
#include "bench/sweep/configuration.hpp"
#include "bench/sweep/plan.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace calibram {
namespace {

/// Small published models, beside the shapes made for measuring. None of the classes of 7B and 14B: those are
/// predicted from these, as the test of the fit.
constexpr std::array published_shapes = {"qwen2-0.5b", "qwen3-0.6b", "llama-3.2-1b", "qwen2-1.5b",
                                         "llama-3.2-3b"};

/// Every shape's settings. Odd contexts keep tensors off page boundaries.
constexpr Setting probe_settings[] = {
    {half, 256, 4}, {all_int8, 1000, 1}, {half, 4096, 1}, {int8_weights, 4096, 4}, {int8_kv, 16000, 1}};
constexpr Setting published_settings[] = {
    {half, 256, 1}, {all_int8, 1000, 4}, {half, 4096, 1}, {int8_weights, 4000, 4}, {int8_kv, 16000, 1}};

struct Single {
  std::string_view model;
  Setting setting;
};

/// The longest contexts, where attention is narrow enough, and what only some runs do.
constexpr Single singles[] = {
    {"probe-mha", {all_int8, 65000, 1}},
    {"probe-gqa", {half, 65000, 1}},
    {"qwen2-0.5b", {all_int8, 65000, 1}},
    {"llama-3.2-1b", {half, 65000, 1}},
    {"probe-mqa", {half, 131072, 1}},
    {"probe-deep", {all_int8, 131072, 1}},
    {"probe-vocabulary", {int8_kv, 131072, 1}},
    {"probe-mha", {half, 4096, 1, "cache=concatenated"}},
    {"qwen2-1.5b", {half, 16000, 1, "cache=concatenated"}},
    {"probe-mqa", {half, 16000, 4, "cache=paged"}},
    {"llama-3.2-1b", {all_int8, 4000, 4, "cache=paged;block_tokens=64"}},
    {"probe-deep", {half, 1000, 4, "attention=eager"}},
    {"qwen3-0.6b", {all_int8, 256, 4, "attention=eager"}},
    {"probe-gqa", {half, 1000, 1, "logits=all"}},
    {"probe-vocabulary", {half, 1000, 1, "logits=all"}},
    {"llama-3.2-3b", {all_int8, 1000, 1, "logits=all"}},
    {"probe-plain", {half, 1000, 4, "logits=all;logits_copy=none"}},
    {"qwen2-0.5b", {half, 1000, 1, "logits=all;logits_copy=none"}},
    {"qwen2-0.5b", {half, 1000, 1, "module_loading=eager"}},
};

/// Of the full plan.
constexpr std::array<std::int64_t, 6> full_contexts = {256, 1000, 4096, 16000, 65000, 131072};

/// One configuration in so many is measured three times, to show how far repeats scatter.
constexpr std::size_t marked = 10;
constexpr std::size_t repeats = 3;

Measurement on_card(std::string_view model, const Setting& setting) {
  return calibram::configuration(model, setting, Metric::device);
}

std::vector<Measurement> standard_configurations() {
  std::vector<Measurement> rows;
  for (std::string_view shape : probe_shapes)
    for (const Setting& setting : probe_settings) rows.push_back(on_card(shape, setting));
  for (std::string_view shape : published_shapes)
    for (const Setting& setting : published_settings) rows.push_back(on_card(shape, setting));
  for (const Single& single : singles) rows.push_back(on_card(single.model, single.setting));
  return rows;
}

std::vector<Measurement> with_marked_repeated(std::vector<Measurement> rows) {
  const std::size_t count = rows.size();
  for (std::size_t i = marked / 2; i < count; i += marked)
    for (std::size_t repeat = 1; repeat < repeats; ++repeat) rows.push_back(Measurement{rows[i]});
  return rows;
}

std::vector<Measurement> quick_configurations() {
  std::vector<Measurement> rows = standard_configurations();
  std::erase_if(rows, [](const Measurement& row) {
    return !row.model.str().starts_with("probe-") || row.workload.context_tokens() > 1000 ||
           !row.options.empty();
  });
  return rows;
}

void add_grid(std::string_view shape, std::vector<Measurement>& rows) {
  for (const FormatPair& formats : {half, all_int8, int8_kv, int8_weights})
    for (const std::int64_t context : full_contexts)
      for (const std::int64_t batch : {1, 4}) rows.push_back(on_card(shape, {formats, context, batch}));
}

std::vector<Measurement> full_configurations() {
  std::vector<Measurement> once;
  for (std::string_view shape : probe_shapes) add_grid(shape, once);
  for (std::string_view shape : published_shapes) add_grid(shape, once);
  for (const Single& single : singles)
    if (!single.setting.options.empty()) once.push_back(on_card(single.model, single.setting));
  std::vector<Measurement> rows;
  for (std::size_t repeat = 0; repeat < repeats; ++repeat) rows.insert(rows.end(), once.begin(), once.end());
  return rows;
}

}  // namespace

std::vector<Point> cuda_plan(PlanSize size) {
  std::vector<Measurement> rows = size == PlanSize::quick ? quick_configurations()
                                  : size == PlanSize::standard
                                      ? with_marked_repeated(standard_configurations())
                                      : full_configurations();
  // Whatever drifts while a sweep runs must not look like an effect of a shape or a context.
  std::shuffle(rows.begin(), rows.end(), std::mt19937_64{3});
  ModelLibrary models;
  std::vector<Point> points;
  for (Measurement& row : rows) points.push_back(plan_point(std::move(row), models));
  return points;
}

}  // namespace calibram
