// SPDX-License-Identifier: MIT
// The layers that a config.json describes.
#pragma once

#include "src/model/config/family.hpp"
#include "src/model/config/fields.hpp"

#include <vector>

namespace calibram {

/// Sizes are read as they stand; whether they fit together is for first_violation().
/// @throws InputError with the JSON path of what is missing, unknown or contradictory
std::vector<LayerRun> read_layers(ConfigFields& fields, const Family& family);

}  // namespace calibram
