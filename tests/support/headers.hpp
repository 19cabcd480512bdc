// SPDX-License-Identifier: MIT
// Reads the headers of model files from memory.
#pragma once

#include "src/model/gguf/gguf.hpp"
#include "src/model/safetensors/safetensors.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace calibram {

/// A reader of a file that starts so. @param size  of the whole file; none: there is no more of it
inline ByteReader reader_of(std::string_view start, std::optional<std::int64_t> size, const char* name,
                            Bytes limit) {
  return {start, Bytes{size.value_or(static_cast<std::int64_t>(start.size()))}, name, limit};
}

inline Gguf parse_gguf(std::string_view start, std::optional<std::int64_t> size = {}) {
  ByteReader reader = reader_of(start, size, "x.gguf", largest_gguf_header);
  Gguf gguf;
  gguf.metadata = read_gguf_header(reader, gguf.weights);
  return gguf;
}

inline StoredWeights parse_safetensors(std::string_view start, std::optional<std::int64_t> size = {}) {
  ByteReader reader = reader_of(start, size, "x.safetensors", largest_safetensors_header);
  StoredWeights weights;
  read_safetensors_header(reader, weights);
  return weights;
}

}  // namespace calibram
