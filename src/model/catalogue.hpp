// SPDX-License-Identifier: MIT
// Well-known models by name.
#pragma once

#include "src/model/model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// A published model by its config.json. Where the base and the instruction-tuned release differ (positions,
/// stored type), it is the instruction-tuned one.
struct CatalogueEntry {
  std::string_view name;
  std::string_view aliases;  ///< other names that mean exactly this model, separated by blanks
  std::string_view config;   ///< the fields that matter, with the publisher's names and values
};

/// All entries, by publisher.
std::vector<CatalogueEntry> catalogue();

/// The entry with this name or alias, or null; "publisher/name" is accepted, and case does not count.
const CatalogueEntry* find_entry(std::string_view name);

Model model_of(const CatalogueEntry& entry);

/// The model of the entry with this name or alias.
std::optional<Model> find_model(std::string_view name);

}  // namespace calibram
