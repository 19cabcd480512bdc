// SPDX-License-Identifier: MIT
// Which GGUF files make up a model: one, or as many as its metadata say.
#include "src/model/gguf/gguf.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace calibram {
namespace {

namespace fs = std::filesystem;

/// A place among the files of a model (llama.cpp: LLM_KV_SPLIT_NO, LLM_KV_SPLIT_COUNT; both are 16 bits
/// there).
struct Split {
  std::int64_t number = 0;  ///< from 0
  std::int64_t count = 1;
  std::optional<std::int64_t> tensors;  ///< of all files
};
constexpr std::int64_t most_splits = 65'535;

[[noreturn]] void refuse(const fs::path& file, const std::string& reason, const char* remedy) {
  throw InputError{"cannot read " + in_quotes(file.string()), reason, remedy};
}

Split split_of(const fs::path& file, const GgufMetadata& metadata) {
  Split split;
  split.count = metadata.integer("split.count").value_or(1);
  split.number = metadata.integer("split.no").value_or(0);
  split.tensors = metadata.integer("split.tensors.count");
  if (split.count == 0) split.count = 1;  // llama.cpp takes 0 for no split too
  if (split.count < 1 || split.count > most_splits || split.number < 0 || split.number >= split.count)
    refuse(file, fmt::format("split.no is {} and split.count {}", split.number, split.count),
           "download or convert it again");
  return split;
}

/// llama.cpp's own pattern (llama_split_path): "-00001-of-00003.gguf".
std::string ending(std::int64_t number, std::int64_t count) {
  return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

/// What stands before the ending in the names of all files.
std::string prefix_of(const fs::path& file, const Split& split) {
  const std::string name = file.filename().string();
  const std::string expected = ending(split.number, split.count);
  if (!name.ends_with(expected))
    refuse(file,
           fmt::format("it is file {} of {}, and its name does not end in {}", split.number + 1, split.count,
                       expected),
           "give all files of the model the names that llama.cpp expects");
  return name.substr(0, name.size() - expected.size());
}

GgufMetadata read_file_into(StoredWeights& weights, const fs::path& file) {
  ByteReader reader{file, largest_gguf_header};
  return read_gguf_header(reader, weights);
}

void read_part(Gguf& model, const fs::path& file, std::int64_t number, std::int64_t count) {
  GgufMetadata metadata = read_file_into(model.weights, file);
  const Split split = split_of(file, metadata);
  if (split.number != number || split.count != count)
    refuse(file,
           fmt::format("its name says file {} of {}, its metadata {} of {}", number + 1, count,
                       split.number + 1, split.count),
           "download or convert it again");
  if (model.weights.files.size() == 1) model.metadata = std::move(metadata);
}

void check_whole(const fs::path& file, const StoredWeights& weights) {
  if (const auto twice = name_index(weights.tensors).duplicate())
    refuse(file, fmt::format("two of its files have the tensor {}", in_quotes(*twice)),
           "download or convert it again");
  const std::int64_t count = static_cast<std::int64_t>(weights.tensors.size());
  if (weights.missing_files.empty() && weights.declared_count && *weights.declared_count != count)
    refuse(file,
           fmt::format("its files have {} tensors, and split.tensors.count is {}", count,
                       *weights.declared_count),
           "download or convert it again");
}

}  // namespace

Gguf read_gguf(const fs::path& file) {
  Gguf model;
  model.metadata = read_file_into(model.weights, file);
  const Split split = split_of(file, model.metadata);
  if (split.count == 1) return model;
  const std::string prefix = prefix_of(file, split);
  model = {};
  model.weights.declared_count = split.tensors;
  for (std::int64_t number = 0; number < split.count; ++number) {
    const std::string name = prefix + ending(number, split.count);
    const fs::path part = file.parent_path() / name;
    std::error_code failure;  // what cannot be looked at is opened, which says why
    if (fs::exists(part, failure) || failure)
      read_part(model, part, number, split.count);
    else
      model.weights.missing_files.push_back(name);
  }
  check_whole(file, model.weights);
  return model;
}

Gguf read_gguf(ByteReader& reader) {
  Gguf model;
  model.metadata = read_gguf_header(reader, model.weights);
  const Split split = split_of(reader.file(), model.metadata);
  if (split.count == 1) return model;
  const std::string prefix = prefix_of(reader.file(), split);
  model.weights.declared_count = split.tensors;
  for (std::int64_t number = 0; number < split.count; ++number)
    if (number != split.number) model.weights.missing_files.push_back(prefix + ending(number, split.count));
  return model;
}

}  // namespace calibram
