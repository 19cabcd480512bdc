// SPDX-License-Identifier: MIT
// Reads the headers of GGUF files, versions 2 and 3, by ggml's rules; of a split model all files.
#pragma once

#include "src/core/byte_reader.hpp"
#include "src/model/gguf/metadata.hpp"
#include "src/model/stored_tensor.hpp"

#include <filesystem>

namespace calibram {

/// No header is larger: the largest vocabularies take some 20 MiB. (ggml itself sets no limit.)
inline constexpr Bytes largest_gguf_header{256 << 20};

/// Metadata and tensors of a model.
struct Gguf {
  GgufMetadata metadata;
  StoredWeights weights;
};

/// A model from its file, or from any one of its files where `split.count` says that there are several. The
/// metadata are those of the first that is there. No tensor data are read; where they or whole files are
/// missing, `warnings` says so. @throws InputError naming file and byte for what ggml would refuse
Gguf read_gguf(const std::filesystem::path& file);

/// The same of a header in memory. Where it is one of several files, the others are missing.
Gguf read_gguf(ByteReader& reader);

/// Appends one file and its tensors. @throws InputError as above
GgufMetadata read_gguf_header(ByteReader& reader, StoredWeights& weights);

}  // namespace calibram
