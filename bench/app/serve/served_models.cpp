// SPDX-License-Identifier: MIT
// Keeps parsed models by name.
#include "bench/app/serve/served_models.hpp"

#include "bench/app/look_up/lists.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/load.hpp"
#include "src/model/stored_tensor.hpp"

#include <fmt/format.h>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

using namespace literals;

constexpr std::size_t most_uploads = 64;
constexpr Bytes most_held = 64_MiB;
constexpr Bytes largest_config = 4_MiB;  // the largest published ones take some 200 KiB
constexpr std::string_view upload_prefix = "upload:";

/// The same for the same content under the same name.
std::string name_of(std::string_view start, Bytes size, const std::string& file) {
  boost::uuids::name_generator_sha1 generator{boost::uuids::ns::oid()};
  const std::string content = to_string(generator(start.data(), start.size()));
  std::string name = to_string(generator(fmt::format("{} {} {}", content, size.count(), file)));
  std::erase(name, '-');
  return std::string{upload_prefix} + name;
}

/// What stands behind the last slash of either kind, in one short line.
std::string title_of(std::string_view file, std::string_view start) {
  constexpr std::size_t longest = 100;
  std::string title = printable(file.substr(file.find_last_of("/\\") + 1), longest);
  const bool is_gguf = start.starts_with("GGUF");
  if (title.empty()) return is_gguf ? "model.gguf" : "config.json";
  return is_gguf && !title.ends_with(".gguf") ? title + ".gguf" : title;
}

/// Roughly, in memory.
Bytes held_by(const Model& model) {
  std::size_t bytes = sizeof model + model.layers.size() * sizeof(LayerRun);
  for (const std::string& remark : model.remarks) bytes += sizeof remark + remark.size();
  if (model.stored)
    for (const StoredTensor& tensor : model.stored->tensors)
      bytes += sizeof tensor + tensor.name.capacity() + tensor.shape.capacity() * sizeof(std::int64_t);
  return Bytes{static_cast<std::int64_t>(bytes)};
}

void check_size(std::string_view start, Bytes size, const std::string& title) {
  const Bytes there{static_cast<std::int64_t>(start.size())};
  if (size < there)
    throw InputError{fmt::format("bytes is {}", size.count()),
                     fmt::format("the body alone has {}", there.count()), "give the size of the whole file"};
  if (start.starts_with("GGUF")) return;
  if (size != there)
    throw InputError{"cannot read " + in_quotes(title),
                     fmt::format("{} of its {} bytes are there", there.count(), size.count()),
                     "give the whole file; of a .gguf alone the start is enough"};
  if (size > largest_config)
    throw InputError{
        "cannot read " + in_quotes(title),
        fmt::format("it has {} bytes; a config.json has {} at most", size.count(), largest_config.count()),
        "give a config.json, or the start of a .gguf"};
}

JsonList describe_upload(const std::string& name, const std::string& title, const Model& model) {
  JsonList object = describe_model(model);
  object["name"] = name;
  object["title"] = title;
  return object;
}

InputError unknown_model(const std::string& name) {
  std::vector<std::string_view> names;
  for (const CatalogueEntry& entry : catalogue()) names.push_back(entry.name);
  return unknown_name("model", name, names, "name one of /api/models, or upload its config.json or .gguf");
}

}  // namespace

ServedModels::ServedModels() {
  for (const CatalogueEntry& entry : catalogue()) {
    catalogue_.push_back(std::make_shared<const Model>(model_of(entry)));
    by_name_.emplace(entry.name, catalogue_.back());
    for (const std::string_view alias : split(entry.aliases, ' ')) by_name_.emplace(alias, catalogue_.back());
  }
}

std::shared_ptr<const Model> ServedModels::find(const std::string& name) const {
  if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
  if (!name.starts_with(upload_prefix)) {
    // Other case, or a publisher before it.
    const CatalogueEntry* entry = find_entry(name);
    if (entry == nullptr) throw unknown_model(name);
    return by_name_.at(std::string{entry->name});
  }
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(uploads_.begin(), uploads_.end(),
                                  [&](const Upload& upload) { return upload.name == name; });
  if (found == uploads_.end())
    throw InputError{"there is no upload " + in_quotes(name), "others came after it, or the server is new",
                     "upload the file again"};
  uploads_.splice(uploads_.begin(), uploads_, found);
  return uploads_.front().model;
}

std::string ServedModels::add(std::string_view start, Bytes size, std::string_view file) {
  const std::string title = title_of(file, start);
  check_size(start, size, title);
  std::string name = name_of(start, size, title);
  const std::lock_guard one_at_a_time{reading_};
  auto model = std::make_shared<const Model>(read_model({start, size, title}));
  const Bytes held = held_by(*model);
  if (held > most_held)
    throw InputError{"cannot keep " + in_quotes(title),
                     fmt::format("what it describes takes {}, and all uploads together have {}",
                                 gib_text(held), gib_text(most_held)),
                     "ask the command, which reads the file itself"};
  JsonList object = describe_upload(name, title, *model);
  object["remarks"] = model->remarks;
  const std::lock_guard lock{mutex_};
  uploads_.remove_if([&](const Upload& upload) { return upload.name == name; });
  make_room(held);
  uploads_.push_front({std::move(name), title, std::move(model), held});
  return list_text(object);
}

void ServedModels::make_room(Bytes needed) {
  Bytes held = needed;
  for (const Upload& upload : uploads_) held += upload.held;
  while (!uploads_.empty() && (uploads_.size() >= most_uploads || held > most_held)) {
    held = held - uploads_.back().held;
    uploads_.pop_back();
  }
}

std::string ServedModels::list(std::string_view search) const {
  JsonList list = JsonList::array();
  for (const auto& model : catalogue_)
    if (matches(*model, search)) list.push_back(describe_model(*model));
  const std::lock_guard lock{mutex_};
  for (const Upload& upload : uploads_)
    if (matches(*upload.model, search))
      list.push_back(describe_upload(upload.name, upload.title, *upload.model));
  return list_text(list);
}

}  // namespace calibram
