// SPDX-License-Identifier: MIT
// Reads a model's architecture from the config.json that its publisher ships.
#pragma once

#include "src/model/model.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace calibram {

/// The remark on a multimodal model of whose files nothing is known.
inline constexpr std::string_view text_part_only = "only the text part is counted, no vision or audio tower";

/// What such a model has besides, as Model::uncounted_parts says it.
inline constexpr std::string_view uncounted_towers = "a vision or audio tower";

/// Reads a config.json, or the one in a folder. What the known families cannot express is refused, never
/// approximated; what is taken for granted stands in the model's remarks. Of a multimodal model, the text
/// part.
/// @throws InputError naming the file, the JSON path and the rule that is broken
Model read_config(const std::filesystem::path& path);

/// The same for text in memory. @param name  of the model, and of the file in messages
/// @param says_defaults  whether a remark names the defaults that were taken
Model parse_config(std::string_view text, const std::string& name, bool says_defaults = true);

}  // namespace calibram
