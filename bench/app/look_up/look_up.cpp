// SPDX-License-Identifier: MIT
// The verbs that list what calibram knows: models, runtimes, formats.
#include "bench/app/look_up/lists.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace calibram {
namespace {

using Json = JsonList;

/// A list of objects with the same keys, as a table for people or as JSON.
void print_list(const Json& list, bool as_json) {
  if (as_json) {
    std::cout << list_text(list);
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

/// For people: digits that can be read, and no column that is always the same.
Json formats_for_people() {
  Json list = formats_list();
  for (Json& format : list) {
    Json& bits = format["bits_4096x4096"];
    if (!bits.is_null()) bits = fmt::format("{:.4f}", bits.get<double>());
    format.erase("weights");
  }
  return list;
}

}  // namespace

Action add_models(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  const auto search = std::make_shared<std::string>();
  verb.add_option("SEARCH", *search, "Only models whose name or family contains this");
  return [json, search] {
    const Json list = models_list(*search);
    print_list(list, *json);
    if (list.empty()) std::cerr << "calibram: no known model matches '" << *search << "'\n";
    return status_done;
  };
}

Action add_runtimes(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  return [json] {
    print_list(runtimes_list(), *json);
    return status_done;
  };
}

Action add_formats(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  return [json] {
    print_list(*json ? formats_list() : formats_for_people(), *json);
    return status_done;
  };
}

}  // namespace calibram
