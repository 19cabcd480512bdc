// SPDX-License-Identifier: MIT
// Which safetensors files make up a model: one, or those that an index lists.
#include "src/model/safetensors/safetensors.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/model/safetensors/json_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using Value = simdjson::simdjson_result<simdjson::ondemand::value>;

/// Every one of them is looked for; models have up to a few hundred.
constexpr std::size_t most_shards = 10'000;

/// A tensor, and the file that should have it. Both live in the index's text.
struct Listed {
  std::string_view tensor, shard;
};

/// A file beside the index, and nothing else that a path could mean.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view{"/\0", 2}) == name.npos;
}

/// What an index says.
struct Index {
  std::vector<Listed> tensors;
  std::set<std::string_view> shards;
  std::optional<Bytes> total;

  void add(JsonHeader& json, std::string_view tensor, std::string_view shard) {
    tensors.push_back({tensor, shard});
    if (shards.contains(shard)) return;
    if (!is_plain_name(shard))
      json.fail(fmt::format("{} is in {} (must be the name of a file beside the index)", in_quotes(tensor),
                            in_quotes(shard)));
    if (shards.size() == most_shards) json.fail(fmt::format("more than {} files", most_shards));
    shards.insert(shard);
  }
};

/// Only a promise, for a warning: what is no size is left out.
std::optional<Bytes> total_size(Value metadata) {
  simdjson::ondemand::object object;
  double size = 0;
  if (metadata.get(object) || object["total_size"].get(size)) return std::nullopt;
  if (!(size >= 0 && size < 9e18)) return std::nullopt;
  return Bytes{static_cast<std::int64_t>(size)};  // some writers make it a floating-point number
}

Index read_index(JsonHeader& json) {
  Index index;
  bool has_map = false;
  json.visit([&](std::string_view key, Value value) {
    if (key == "metadata") index.total = total_size(value);
    if (key != "weight_map") return;
    has_map = true;
    simdjson::ondemand::object map = value.get_object();
    for (auto member : map) {
      const std::string_view tensor = member.unescaped_key();
      index.add(json, tensor, member.value().get_string());
    }
  });
  if (!has_map) json.fail("has no weight_map");
  return index;
}

void read_file_into(StoredWeights& weights, const fs::path& file) {
  ByteReader reader{file, largest_safetensors_header};
  read_safetensors_header(reader, weights);
}

/// Both ways: what the index lists and a file should have, and what the files have on top.
void compare(const Index& index, StoredWeights& weights) {
  const NameIndex stored = name_index(weights.tensors);
  std::vector<std::string_view> names;
  for (const Listed& listed : index.tensors) {
    names.push_back(listed.tensor);
    const bool file_is_missing = std::ranges::binary_search(weights.missing_files, listed.shard);
    if (!file_is_missing && !stored.contains(listed.tensor))
      weights.missing_tensors.emplace_back(listed.tensor);
  }
  const NameIndex listed{std::move(names)};
  for (const StoredTensor& tensor : weights.tensors)
    if (!listed.contains(tensor.name)) weights.unlisted_tensors.push_back(tensor.name);
  if (const auto twice = stored.duplicate())
    throw InputError{"cannot read " + in_quotes(weights.files.front().path.parent_path().string()),
                     "two files have the tensor " + in_quotes(*twice), "download or convert them again"};
}

}  // namespace

std::optional<fs::path> safetensors_in(const fs::path& folder) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"}) {
    std::error_code failure;
    if (fs::exists(folder / name, failure) || failure) return folder / name;
  }
  return std::nullopt;
}

StoredWeights read_safetensors_index(ByteReader& reader) {
  JsonHeader json{reader, reader.size().count()};
  const Index index = read_index(json);
  StoredWeights weights;
  weights.declared_bytes = index.total;
  weights.declared_count = static_cast<std::int64_t>(index.tensors.size());
  for (const std::string_view shard : index.shards) {
    std::error_code failure;  // what cannot be looked at is opened, which says why
    const fs::path path = reader.file().parent_path() / shard;
    if (fs::exists(path, failure) || failure)
      read_file_into(weights, path);
    else
      weights.missing_files.emplace_back(shard);
  }
  compare(index, weights);
  return weights;
}

StoredWeights read_safetensors(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    if (const auto found = safetensors_in(path)) return read_safetensors(*found);
    throw InputError{"cannot read " + in_quotes(path.string()),
                     "the folder has neither model.safetensors nor model.safetensors.index.json",
                     "name the file"};
  }
  ByteReader reader{path, largest_safetensors_header};
  if (path.extension() == ".json") return read_safetensors_index(reader);
  StoredWeights weights;
  read_safetensors_header(reader, weights);
  return weights;
}

}  // namespace calibram
