// SPDX-License-Identifier: MIT
// How a name is looked up in the tables of well-known models.
#include "src/model/catalogue.hpp"

#include "src/core/names.hpp"
#include "src/core/words.hpp"
#include "src/model/catalogue/tables.hpp"
#include "src/model/config/config.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

namespace calibram {
namespace {

std::array<std::span<const CatalogueEntry>, 8> tables() {
  return {qwen_models(),     meta_models(),    google_models(), ibm_models(),
          deepseek_models(), mistral_models(), others_models(), probe_models()};
}

bool is_listed(std::string_view name, std::string_view names) {
  const std::vector<std::string_view> list = split(names, ' ');
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// "Qwen/Qwen2-7B" is "Qwen2-7B"; a longer path is a path, not a publisher's name.
std::string_view without_publisher(std::string_view name) {
  const std::size_t slash = name.find('/');
  const bool has_publisher = slash != std::string_view::npos && slash > 0 && name[0] != '.' && name[0] != '~';
  return has_publisher ? name.substr(slash + 1) : name;
}

}  // namespace

std::vector<CatalogueEntry> catalogue() {
  std::vector<CatalogueEntry> entries;
  for (const auto table : tables()) entries.insert(entries.end(), table.begin(), table.end());
  return entries;
}

const CatalogueEntry* find_entry(std::string_view name) {
  const std::string wanted = lower_case(without_publisher(name));
  for (const auto table : tables())
    for (const CatalogueEntry& entry : table)
      if (entry.name == wanted || is_listed(wanted, entry.aliases)) return &entry;
  return nullptr;
}

Model model_of(const CatalogueEntry& entry) {
  return parse_config(entry.config, std::string{entry.name}, false);
}

std::optional<Model> find_model(std::string_view name) {
  const CatalogueEntry* entry = find_entry(name);
  return entry ? std::optional{model_of(*entry)} : std::nullopt;
}

}  // namespace calibram
