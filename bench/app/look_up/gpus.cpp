// SPDX-License-Identifier: MIT
// calibram gpus: the known cards and what a process gets of their memory, as a table, CSV or JSON.
#include "bench/app/look_up/lists.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/csv.hpp"
#include "src/core/text_table.hpp"
#include "src/engine/gpu.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace calibram {
namespace {

using Json = JsonList;

struct Output {
  std::string filter;
  bool as_csv = false;
};

/// A column of the CSV, and a key of the JSON.
struct GpuColumn {
  const char* name;
  Json (*value)(const Gpu&);
};

template <auto member>
Json size_of(const Gpu& gpu) {
  return gpu.*member ? Json((gpu.*member)->size.count()) : Json(nullptr);
}
template <auto member>
Json resolution_of(const Gpu& gpu) {
  return gpu.*member ? Json((gpu.*member)->resolution.count()) : Json(nullptr);
}
template <auto member>
Json source_of(const Gpu& gpu) {
  return gpu.*member ? Json((gpu.*member)->source) : Json(nullptr);
}

constexpr std::array gpu_columns = {
    GpuColumn{"name", [](const Gpu& gpu) { return Json(gpu.name); }},
    GpuColumn{"vendor", [](const Gpu& gpu) { return Json(name_of(gpu.vendor)); }},
    GpuColumn{"class", [](const Gpu& gpu) { return Json(name_of(gpu.kind)); }},
    GpuColumn{"nominal_gb", [](const Gpu& gpu) { return Json(gpu.nominal_gb); }},
    GpuColumn{"capacity_bytes", [](const Gpu& gpu) { return Json(gpu.capacity().count()); }},
    GpuColumn{"known", [](const Gpu& gpu) { return Json(name_of(gpu.knowledge())); }},
    GpuColumn{"usable_bytes", size_of<&Gpu::usable>},
    GpuColumn{"usable_resolution_bytes", resolution_of<&Gpu::usable>},
    GpuColumn{"usable_source", source_of<&Gpu::usable>},
    GpuColumn{"total_bytes", size_of<&Gpu::total>},
    GpuColumn{"total_resolution_bytes", resolution_of<&Gpu::total>},
    GpuColumn{"total_source", source_of<&Gpu::total>},
};

std::string csv_of(const std::vector<const Gpu*>& cards) {
  std::vector<std::string> fields;
  for (const GpuColumn& column : gpu_columns) fields.emplace_back(column.name);
  std::string text = csv_record(fields) + "\n";
  for (const Gpu* gpu : cards) {
    fields.clear();
    for (const GpuColumn& column : gpu_columns) {
      const Json value = column.value(*gpu);
      fields.push_back(value.is_null()     ? std::string{}
                       : value.is_string() ? value.get<std::string>()
                                           : value.dump());
    }
    text += csv_record(fields) + "\n";
  }
  return text;
}

const char* meaning_of(Knowledge knowledge) {
  switch (knowledge) {
    case Knowledge::usable:
      return "seen by a process";
    case Knowledge::total:
      return "driver's total; it keeps some 2 %";
    case Knowledge::nominal:
      break;
  }
  return "nominal; the driver keeps some";
}

std::string text_of(const std::vector<const Gpu*>& cards) {
  TextTable table{
      {{"card"}, {"vendor"}, {"class"}, {"nominal", Align::right}, {"usable", Align::right}, {"known from"}}};
  for (const Gpu* gpu : cards)
    table.add_row({std::string{gpu->name}, std::string{name_of(gpu->vendor)}, std::string{name_of(gpu->kind)},
                   fmt::format("{} GB", gpu->nominal_gb), gib_text(gpu->capacity()),
                   meaning_of(gpu->knowledge())});
  const auto printed = std::count_if(cards.begin(), cards.end(),
                                     [](const Gpu* gpu) { return gpu->knowledge() == Knowledge::usable; });
  return table.text() + fmt::format("\n{} {}, {} as a process sees {}; --json and --csv name the sources\n",
                                    cards.size(), cards.size() == 1 ? "card" : "cards", printed,
                                    cards.size() == 1 ? "it" : "them");
}

int run_gpus(const Output& output, bool as_json) {
  const std::vector<const Gpu*> cards = cards_by_capacity(output.filter);
  if (cards.empty()) std::cerr << "calibram: no known card matches '" << output.filter << "'\n";
  if (as_json)
    std::cout << list_text(gpus_list(cards));
  else if (output.as_csv)
    std::cout << csv_of(cards);
  else if (!cards.empty())
    std::cout << text_of(cards);
  return status_done;
}

}  // namespace

std::vector<const Gpu*> cards_by_capacity(std::string_view filter) {
  std::vector<const Gpu*> cards;
  for (const Gpu& gpu : gpus())
    if (matches(gpu, filter)) cards.push_back(&gpu);
  std::stable_sort(cards.begin(), cards.end(),
                   [](const Gpu* a, const Gpu* b) { return a->capacity() < b->capacity(); });
  return cards;
}

JsonList gpus_list(const std::vector<const Gpu*>& cards) {
  Json list = Json::array();
  for (const Gpu* gpu : cards) {
    Json object;
    for (const GpuColumn& column : gpu_columns) object[column.name] = column.value(*gpu);
    list.push_back(std::move(object));
  }
  return list;
}

Action add_gpus(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  const auto output = std::make_shared<Output>();
  verb.add_option("FILTER", output->filter, "Only cards of this name, vendor or class");
  verb.add_flag("--csv", output->as_csv, "CSV, with the source of every figure")
      ->excludes(verb.get_option("--json"));
  return [json, output] { return run_gpus(*output, *json); };
}

}  // namespace calibram
