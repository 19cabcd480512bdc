// SPDX-License-Identifier: MIT
// Reads the quantization_config of a config.json: how a quantised checkpoint stores its weights.
#pragma once

#include "src/core/json_file.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// The most weights that may share a scale in one direction.
inline constexpr std::int64_t largest_group = 1 << 20;

/// The remedy where a config does not tell the bytes.
inline constexpr std::string_view use_file =
    "give the folder with its .safetensors files, whose headers tell";

struct Quantisation {
  Format format;
  std::vector<std::string> remarks;  ///< what the format says but approximately, for people
};

/// Reads a quantization_config, or the `quantization` of a hf_quant_config.json, of this model.
/// @throws InputError naming file, JSON path and rule; for methods and settings whose bytes the config does
/// not tell
Quantisation read_quantisation(const JsonNode& quantization_config, const Model& model);

}  // namespace calibram
