// SPDX-License-Identifier: MIT
// What calibram knows, as JSON: models, runtimes, formats, cards.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/model/model.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace calibram {

using JsonList = nlohmann::ordered_json;

/// Whether its name or family contains this; case does not count.
bool matches(const Model& model, std::string_view search);

/// One of `calibram models --json`.
JsonList describe_model(const Model& model);

/// Arrays of objects with the same keys, each as its verb prints it with --json.
JsonList models_list(std::string_view search);
JsonList runtimes_list();
JsonList formats_list();
JsonList gpus_list(const std::vector<const Gpu*>& cards);

/// A list as it is printed, with a line end.
std::string list_text(const JsonList& list);

/// The known cards of this name, vendor or class, small ones first.
std::vector<const Gpu*> cards_by_capacity(std::string_view filter);

}  // namespace calibram
