// SPDX-License-Identifier: MIT
// Describes models, runtimes and formats.
#include "bench/app/look_up/lists.hpp"

#include "src/core/names.hpp"
#include "src/engine/runtime.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/format.hpp"

#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = JsonList;

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

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return lower_case(text).find(lower_case(part)) != std::string::npos;
}

}  // namespace

bool matches(const Model& model, std::string_view search) {
  return contains_ignoring_case(model.name, search) || contains_ignoring_case(model.family, search);
}

JsonList describe_model(const Model& model) {
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

std::string list_text(const JsonList& list) {
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

JsonList models_list(std::string_view search) {
  Json list = Json::array();
  for (const CatalogueEntry& entry : catalogue()) {
    const Model model = model_of(entry);
    if (matches(model, search)) list.push_back(describe_model(model));
  }
  return list;
}

JsonList runtimes_list() {
  Json list = Json::array();
  for (const RuntimeFamily& family : runtime_families())
    list.push_back({{"name", family.name},
                    {"versions", family.versions},
                    {"options", family.options},
                    {"behaviour", family.behaviour},
                    {"source", family.source}});
  return list;
}

JsonList formats_list() {
  Json list = Json::array();
  for (const Format& format : formats()) {
    // A square matrix of a common size shows what scales and padding add.
    constexpr std::int64_t width = 4096;
    Json bits = nullptr;
    if (format.has_exact_bytes)
      bits = 8.0 * static_cast<double>(matrix_bytes(format, width, width).count()) / (width * width);
    list.push_back({{"name", format.name},
                    {"nominal_bits", format.nominal_bits},
                    {"bits_4096x4096", bits},
                    {"weights", true},
                    {"kv", format.kv.has_value()},
                    {"layout", format.layout}});
  }
  return list;
}

}  // namespace calibram
