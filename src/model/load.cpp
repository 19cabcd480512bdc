// SPDX-License-Identifier: MIT
// Tells names from files, and brings architecture and stored weights together.
#include "src/model/load.hpp"

#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/config/config.hpp"
#include "src/model/gguf/model.hpp"
#include "src/model/safetensors/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace calibram {
namespace {

namespace fs = std::filesystem;

enum class Kind : unsigned char { gguf, safetensors, config };

/// By the end of the name: what a file begins with is its reader's business.
std::optional<Kind> kind_of_name(std::string_view name) {
  if (name.ends_with(".gguf")) return Kind::gguf;
  if (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")) return Kind::safetensors;
  if (name.ends_with(".json")) return Kind::config;
  return std::nullopt;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is reported as an unknown model
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Encoders of images and sound, and what joins them to the text, by how publishers name them.
bool is_of_a_tower(std::string_view tensor_name) {
  constexpr std::array<std::string_view, 7> parts = {"vision",  "visual", "multi_modal_projector", "audio",
                                                     "mm_proj", "image",  "embed_vision"};
  const std::string_view start = tensor_name.substr(0, tensor_name.find("layers"));
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return start.find(part) != start.npos; });
}

void attach(StoredWeights weights, Model& model) {
  Bytes towers;
  for (const StoredTensor& tensor : weights.tensors)
    if (is_of_a_tower(tensor.name)) towers += tensor.bytes;
  if (towers > Bytes{}) {
    std::erase(model.remarks, std::string{text_part_only});
    model.remarks.push_back("vision and audio towers are " + gib_text(towers) + " of the stored weights");
  }
  for (std::string& warning : warnings(weights)) model.remarks.push_back(std::move(warning));
  model.stored = std::make_shared<const StoredWeights>(std::move(weights));
}

Model model_of_gguf(Gguf gguf, const fs::path& file) {
  Model model = model_of(gguf, file.stem().string());
  attach(std::move(gguf.weights), model);
  return model;
}

Model load_safetensors(const fs::path& file) {
  StoredWeights weights = read_safetensors(file);
  const fs::path config = file.parent_path() / "config.json";
  if (!is_there(config))
    throw InputError{fmt::format("cannot tell the architecture of '{}'", printable(file.string())),
                     "there is no config.json beside it", "put the publisher's config.json into its folder"};
  Model model = read_config(config);
  attach(std::move(weights), model);
  return model;
}

/// The config.json named or in the folder named, and the weights in that folder.
Model load_config(const fs::path& path) {
  Model model = read_config(path);
  const fs::path folder = is_folder(path) ? path : path.parent_path();
  if (const auto files = safetensors_in(folder.empty() ? "." : folder))
    attach(read_safetensors(*files), model);
  return model;
}

Model load_path(const fs::path& path) {
  if (is_folder(path)) return load_config(path);
  switch (kind_of_name(path.filename().string()).value_or(Kind::config)) {
    case Kind::gguf:
      return model_of_gguf(read_gguf(path), path);
    case Kind::safetensors:
      return load_safetensors(path);
    case Kind::config:
      return load_config(path);
  }
  return load_config(path);
}

[[noreturn]] void throw_unknown(const std::string& subject) {
  std::vector<std::string_view> names;
  const std::vector<CatalogueEntry> entries = catalogue();
  for (const CatalogueEntry& entry : entries) names.push_back(entry.name);
  throw unknown_name("model", subject, names,
                     "run `calibram models` for the list, or give the path of a model's file or folder");
}

bool looks_like_path(std::string_view subject) {
  return subject.starts_with('/') || subject.starts_with('.') || kind_of_name(subject);
}

}  // namespace

Model load_model(const std::string& subject) {
  // A file called like a model is reached as ./name; a folder "publisher/name" goes before the catalogue.
  const bool is_plain_name = subject.find('/') == std::string::npos;
  if (!is_plain_name && is_there(subject)) return load_path(subject);
  if (std::optional<Model> model = find_model(subject)) return *std::move(model);
  if (is_there(subject) || looks_like_path(subject)) return load_path(subject);  // which says what is wrong
  throw_unknown(subject);
}

Model read_model(const ModelFile& file) {
  switch (kind_of_name(file.name).value_or(Kind::config)) {
    case Kind::gguf: {
      ByteReader reader{file.start, file.size, file.name, largest_gguf_header};
      return model_of_gguf(read_gguf(reader), file.name);
    }
    case Kind::safetensors:
      throw InputError{fmt::format("cannot tell the architecture of {}", in_quotes(file.name)),
                       "it says none", "give the config.json beside it"};
    case Kind::config:
      break;
  }
  return parse_config(file.start, file.name);
}

}  // namespace calibram
