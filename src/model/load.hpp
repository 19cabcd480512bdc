// SPDX-License-Identifier: MIT
// How what a user calls a model becomes one: by name, by its config.json, or by its files.
#pragma once

#include "src/core/bytes.hpp"
#include "src/model/model.hpp"

#include <string>
#include <string_view>

namespace calibram {

/// A catalogue name, a config.json or the folder that holds one, a .safetensors file or index with a
/// config.json beside it, or a .gguf file. Where weight files are there, their headers are read too; what of
/// them is missing stands in the model's remarks.
/// @throws InputError for anything else, with the nearest names, and for files that cannot be understood
Model load_model(const std::string& subject);

/// A model file in memory, of a .gguf perhaps the start alone.
struct ModelFile {
  std::string_view start;
  Bytes size;        ///< of the whole file
  std::string name;  ///< "config.json", "x.gguf": names the model, and stands in messages
};

/// The model of a config.json or a .gguf, as of a file with nothing beside it. Opens no file.
/// @throws InputError for another kind of file, and as load_model; where too little of a .gguf is there, with
///     the bytes that are needed at least
Model read_model(const ModelFile& file);

}  // namespace calibram
