// SPDX-License-Identifier: MIT
// calibram show: a model as it was understood, what its parts weigh, and what each engine's cache costs.
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/core/text_table.hpp"
#include "src/engine/cache_rules.hpp"
#include "src/engine/measurement.hpp"
#include "src/model/describe.hpp"
#include "src/model/parts.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <string>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// What the weights would be in, beside what they are stored in: one format of each width that is common.
constexpr std::string_view compared_formats[] = {"bf16", "fp8", "int8", "gptq-int4", "nf4", "q8_0", "q4_k"};

std::int64_t sum(const PerPart& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

/// The formats whose bytes are shown, the stored one first.
std::vector<const Format*> shown_formats(const Question& question) {
  std::vector<const Format*> shown{question.weights};
  for (const std::string_view name : compared_formats)
    if (name != question.weights->name) shown.push_back(&weight_format(name));
  return shown;
}

struct RuntimeCache {
  const CacheRule* rule;
  SequenceCache cache;
};

std::vector<RuntimeCache> caches(const Question& question) {
  std::vector<RuntimeCache> all;
  for (const CacheRule& rule : cache_rules())
    all.push_back({&rule, sequence_cache(rule, *question.model, *question.kv, *question.kv,
                                         activation_bytes(*question.weights))});
  return all;
}

Json layers_json(const Model& model) {
  Json layers = Json::array();
  for (const LayerRun& run : model.layers)
    layers.push_back({{"count", run.count},
                      {"mixer", describe(run.layer.mixer)},
                      {"feed_forward", describe(run.layer.feed_forward)}});
  return layers;
}

Json parts_json(const Question& question) {
  const PerPart parameters = parameters_by_part(*question.model);
  Json parts = Json::array();
  for (std::size_t i = 0; i < part_count; ++i)
    parts.push_back({{"part", part_names[i]}, {"parameters", parameters[i]}, {"bytes", Json::object()}});
  for (const Format* format : shown_formats(question)) {
    const PerPart bytes = bytes_by_part(*question.model, *format);
    for (std::size_t i = 0; i < part_count; ++i) parts[i]["bytes"][std::string{format->name}] = bytes[i];
  }
  return parts;
}

Json caches_json(const Question& question) {
  Json list = Json::array();
  for (const auto& [rule, cache] : caches(question)) {
    Json windowed = Json::array();
    for (const SequenceCache::Windowed& part : cache.windowed)
      windowed.push_back({{"positions", part.positions}, {"bytes_per_token", part.per_token.count()}});
    list.push_back({{"runtime", rule->runtime},
                    {"bytes_per_token", cache.per_token.count()},
                    {"windowed", windowed},
                    {"full_windows_bytes", cache.full_windows().count()},
                    {"state_bytes", cache.state.count()},
                    {"rule", describe(*rule, *question.model)}});
  }
  return list;
}

Json to_json(const Question& question) {
  const Model& model = *question.model;
  return {{"model", question.subject},
          {"family", model.family},
          {"parameters", parameter_count(model)},
          {"active_parameters", active_parameter_count(model)},
          {"layers", layer_count(model)},
          {"hidden_size", model.hidden_size},
          {"vocabulary", model.vocabulary},
          {"max_positions", model.max_positions},
          {"tied_embeddings", model.tied_embeddings},
          {"weights", question.weights->name},
          {"kv", question.kv->name},
          {"layer_runs", layers_json(model)},
          {"parts", parts_json(question)},
          {"caches", caches_json(question)}};
}

std::string billions(std::int64_t count) {
  return fmt::format("{:.3f}·10⁹", static_cast<double>(count) / 1e9);
}

void print_headline(const Question& question) {
  const Model& model = *question.model;
  const std::int64_t all = parameter_count(model), active = active_parameter_count(model);
  std::cout << fmt::format("{}: {}, {} parameters", question.subject, model.family, all);
  if (active != all) std::cout << fmt::format(" ({} active)", active);
  std::cout << fmt::format("\n{} layers, hidden size {}, vocabulary {}{}, {} positions, stored as {}\n\n",
                           layer_count(model), model.hidden_size, model.vocabulary,
                           model.tied_embeddings ? " (tied)" : "", model.max_positions,
                           question.weights->name);
}

/// Layers that read alike, wherever they stand.
struct KindOfLayer {
  std::string mixer, feed_forward;
  std::int64_t count = 0;
  std::string places;  ///< the first few: "0-2, 4-6, …"
  int ranges = 0;
};

std::vector<KindOfLayer> kinds_of_layers(const Model& model) {
  constexpr int shown_ranges = 3;
  std::vector<KindOfLayer> kinds;
  std::int64_t first = 0;
  for (const LayerRun& run : model.layers) {
    const std::string mixer = describe(run.layer.mixer), feed_forward = describe(run.layer.feed_forward);
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const KindOfLayer& known) {
      return known.mixer == mixer && known.feed_forward == feed_forward;
    });
    if (kind == kinds.end()) kind = kinds.insert(kind, {mixer, feed_forward, 0, {}, 0});
    kind->count += run.count;
    if (++kind->ranges <= shown_ranges)
      kind->places += fmt::format("{}{}", kind->places.empty() ? "" : ", ", first) +
                      (run.count > 1 ? fmt::format("-{}", first + run.count - 1) : "");
    else if (kind->ranges == shown_ranges + 1)
      kind->places += ", …";
    first += run.count;
  }
  return kinds;
}

void print_layers(const Model& model) {
  TextTable table{
      {{"count", Align::right}, {"layers"}, {"tokens are mixed by"}, {"each token goes through"}}};
  for (const KindOfLayer& kind : kinds_of_layers(model))
    table.add_row({std::to_string(kind.count), kind.places, kind.mixer, kind.feed_forward});
  std::cout << table.text() << "\n";
}

void print_parts(const Question& question) {
  std::vector<TableColumn> columns{{"part"}, {"parameters", Align::right}};
  std::vector<PerPart> bytes;
  for (const Format* format : shown_formats(question)) {
    columns.push_back({std::string{format->name}, Align::right});
    bytes.push_back(bytes_by_part(*question.model, *format));
  }
  TextTable table{columns};
  const PerPart parameters = parameters_by_part(*question.model);
  for (std::size_t i = 0; i < part_count; ++i) {
    if (parameters[i] == 0) continue;
    std::vector<std::string> row{std::string{part_names[i]}, billions(parameters[i])};
    for (const PerPart& sizes : bytes) row.push_back(gib_text(Bytes{sizes[i]}));
    table.add_row(row);
  }
  std::vector<std::string> total{"total", billions(sum(parameters))};
  for (const PerPart& sizes : bytes) total.push_back(gib_text(Bytes{sum(sizes)}));
  table.add_row(total);
  std::cout << table.text() << "\n";
}

void print_caches(const Question& question) {
  std::cout << fmt::format("cache in {} of one sequence, under each runtime's rule:\n\n", question.kv->name);
  TextTable table{{{"runtime"},
                   {"per token", Align::right},
                   {"full windows", Align::right},
                   {"fixed state", Align::right},
                   {"rule"}}};
  for (const auto& [rule, cache] : caches(question))
    table.add_row({std::string{rule->runtime}, fmt::format("{} B", cache.per_token.count()),
                   cache.windowed.empty() ? "" : mib_text(cache.full_windows()),
                   cache.state == Bytes{} ? "" : mib_text(cache.state), describe(*rule, *question.model)});
  std::cout << table.text();
}

}  // namespace

Action add_show(CLI::App& verb) {
  struct Subject {
    std::string model, weights, kv;
  };
  const auto options = std::make_shared<Subject>();
  verb.add_option("MODEL", options->model, "Catalogue name, config.json, folder, .safetensors or .gguf")
      ->required();
  verb.add_option("--weights", options->weights, "Format of the weights. Default: as they are stored");
  verb.add_option("--kv", options->kv, "Format of the cache. Default: as wide as activations");
  const auto json = add_json_flag(verb);
  return [options, json] {
    Measurement row;
    row.model = options->model;
    row.weights = options->weights;
    row.kv = options->kv;
    const Question question = question_of(row);
    if (!question.model)
      throw InputError{"'" + options->model + "' is a size without an architecture", "", "name a model"};
    print_remarks(question);
    if (*json) {
      std::cout << to_json(question).dump(2) << "\n";
      return status_done;
    }
    print_headline(question);
    print_layers(*question.model);
    print_parts(question);
    print_caches(question);
    return status_done;
  };
}

}  // namespace calibram
