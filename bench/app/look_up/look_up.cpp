// SPDX-License-Identifier: MIT
// The verbs that list what calibram knows: models, runtimes, formats.
#include "bench/app/verbs.hpp"
#include "src/core/names.hpp"
#include "src/core/text_table.hpp"
#include "src/engine/runtime.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/format.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// Of the first layer that has one, or null.
const Attention* first_attention(const Model& model) {
  for (const LayerRun& run : model.layers)
    if (const Attention* attention = attention_of(run.layer)) return attention;
  return nullptr;
}
const Mlp* first_mlp(const Model& model) {
  for (const LayerRun& run : model.layers)
    if (const Mlp* mlp = mlp_of(run.layer)) return mlp;
  return nullptr;
}

Json describe_model(const Model& model) {
  const Attention* attention = first_attention(model);
  const Mlp* mlp = first_mlp(model);
  const auto size = [](const auto* part, auto member) { return part ? Json(part->*member) : Json(); };
  return {{"name", model.name},
          {"family", model.family},
          {"parameters", parameter_count(model)},
          {"active_parameters", active_parameter_count(model)},
          {"layers", layer_count(model)},
          {"hidden_size", model.hidden_size},
          {"heads", size(attention, &Attention::heads)},
          {"kv_heads", size(attention, &Attention::kv_heads)},
          {"head_size", size(attention, &Attention::head_size)},
          {"mlp_width", size(mlp, &Mlp::width)},
          {"vocabulary", model.vocabulary},
          {"tied", model.tied_embeddings},
          {"stored_format", model.stored_format},
          {"max_positions", model.max_positions}};
}

/// A list of objects with the same keys, as a table for people or as JSON.
void print_list(const Json& list, bool as_json) {
  if (as_json) {
    std::cout << list.dump(2) << "\n";
    return;
  }
  if (list.empty()) return;
  std::vector<TableColumn> columns;
  for (const auto& [key, value] : list.front().items())
    columns.push_back({key, value.is_number() ? Align::right : Align::left});
  TextTable table{std::move(columns)};
  for (const Json& object : list) {
    std::vector<std::string> cells;
    for (const auto& [key, value] : object.items())
      cells.push_back(value.is_null()      ? std::string{}
                      : value.is_string()  ? value.get<std::string>()
                      : value.is_boolean() ? (value ? "yes" : "no")
                                           : value.dump());
    table.add_row(cells);
  }
  std::cout << table.text();
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return lower_case(text).find(lower_case(part)) != std::string::npos;
}

}  // namespace

Action add_models(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  const auto search = std::make_shared<std::string>();
  verb.add_option("SEARCH", *search, "Only models whose name or family contains this");
  return [json, search] {
    Json list = Json::array();
    for (const CatalogueEntry& entry : catalogue()) {
      const Model model = model_of(entry);
      if (contains_ignoring_case(model.name, *search) || contains_ignoring_case(model.family, *search))
        list.push_back(describe_model(model));
    }
    print_list(list, *json);
    if (list.empty()) std::cerr << "calibram: no known model matches '" << *search << "'\n";
    return status_done;
  };
}

Action add_runtimes(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  return [json] {
    Json list = Json::array();
    for (const RuntimeFamily& family : runtime_families())
      list.push_back({{"name", family.name},
                      {"versions", family.versions},
                      {"options", family.options},
                      {"behaviour", family.behaviour},
                      {"source", family.source}});
    print_list(list, *json);
    return status_done;
  };
}

Action add_formats(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  return [json] {
    Json list = Json::array();
    for (const Format& format : formats()) {
      // A square matrix of a common size shows what scales and padding add.
      constexpr std::int64_t width = 4096;
      Json bits = nullptr;
      if (format.has_exact_bytes)
        bits = 8.0 * static_cast<double>(matrix_bytes(format, width, width).count()) / (width * width);
      Json row{{"name", format.name},
               {"nominal_bits", format.nominal_bits},
               {"bits_4096x4096",
                *json || bits.is_null() ? bits : Json(fmt::format("{:.4f}", bits.get<double>()))},
               {"weights", true},
               {"kv", format.kv.has_value()},
               {"layout", format.layout}};
      if (!*json) row.erase("weights");  // a column that is always the same tells people nothing
      list.push_back(std::move(row));
    }
    print_list(list, *json);
    return status_done;
  };
}

}  // namespace calibram
