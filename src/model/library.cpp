// SPDX-License-Identifier: MIT
// Loads what it does not have yet.
#include "src/model/library.hpp"

#include "src/model/load.hpp"

namespace calibram {

std::shared_ptr<const Model> ModelLibrary::load(const std::string& subject) {
  const auto known = models_.find(subject);
  if (known != models_.end()) return known->second;
  auto model = std::make_shared<const Model>(load_model(subject));
  models_.emplace(subject, model);
  return model;
}

}  // namespace calibram
