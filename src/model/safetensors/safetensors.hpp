// SPDX-License-Identifier: MIT
// Reads the headers of safetensors files, by the rules of the reference implementation.
#pragma once

#include "src/core/byte_reader.hpp"
#include "src/model/stored_tensor.hpp"

#include <filesystem>
#include <optional>

namespace calibram {

/// The largest header that the reference reads (safetensors: MAX_HEADER_SIZE in tensor.rs), its length
/// included; no index is larger either.
inline constexpr Bytes largest_safetensors_header{100'000'008};

/// The tensors of a `.safetensors` file, of all files that a `.safetensors.index.json` lists, or of what
/// `safetensors_in` finds in a folder. No tensor data are read; where they are missing, `warnings` says so.
/// @throws InputError naming file and byte for what the reference would refuse
StoredWeights read_safetensors(const std::filesystem::path& path);

/// What transformers would load from a folder: model.safetensors, else model.safetensors.index.json; nothing
/// when neither is there.
std::optional<std::filesystem::path> safetensors_in(const std::filesystem::path& folder);

/// The files that an index lists, which are beside it. @throws InputError as above
StoredWeights read_safetensors_index(ByteReader& reader);

/// Appends one file and its tensors. @throws InputError as above
void read_safetensors_header(ByteReader& reader, StoredWeights& weights);

}  // namespace calibram
