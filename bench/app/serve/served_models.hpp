// SPDX-License-Identifier: MIT
// The models that a server answers for: those of the catalogue, and what was uploaded to it.
#pragma once

#include "src/core/bytes.hpp"
#include "src/model/model.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace calibram {

/// Nothing here is ever looked for on a disk. Of any thread.
class ServedModels {
 public:
  /// Reads the whole catalogue.
  ServedModels();

  /// By a name that `calibram estimate` knows, or an upload's. @throws InputError with the nearest names
  std::shared_ptr<const Model> find(const std::string& name) const;

  /// Keeps what a config.json, or the start of a .gguf, describes; the uploads that were not asked for the
  /// longest make room. @param size  of the whole file
  /// @return one object as of /api/models, with its remarks. @throws InputError as read_model
  std::string add(std::string_view start, Bytes size, std::string_view file);

  /// As `calibram models --json` prints it, then the uploads.
  std::string list(std::string_view search) const;

 private:
  struct Upload {
    std::string name, title;
    std::shared_ptr<const Model> model;
    Bytes held;
  };

  void make_room(Bytes needed);

  std::unordered_map<std::string, std::shared_ptr<const Model>> by_name_;  ///< and by alias
  std::vector<std::shared_ptr<const Model>> catalogue_;                    ///< in its order
  std::mutex reading_;  ///< one upload at a time, whose document may take much room
  mutable std::mutex mutex_;
  mutable std::list<Upload> uploads_;  ///< the last one asked for comes first
};

}  // namespace calibram
