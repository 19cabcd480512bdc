// SPDX-License-Identifier: MIT
// Reads a model's architecture from the config.json that its publisher ships.
#pragma once

#include "src/model/model.hpp"

#include <filesystem>

namespace calibram {

/// Reads a config.json, or the one in a folder. What the architecture of the known families cannot express
/// (mixtures of experts, latent attention, quantised checkpoints, …) is refused, never approximated.
/// @throws InputError naming the file, the JSON path and the rule that is broken
Model read_config(const std::filesystem::path& path);

}  // namespace calibram
