// SPDX-License-Identifier: MIT
// Models that many rows ask for: each is loaded once.
#pragma once

#include "src/model/model.hpp"

#include <map>
#include <memory>
#include <string>

namespace calibram {

/// What its files were when a model was first asked for is what it stays.
class ModelLibrary {
 public:
  /// @throws InputError as load_model does, and again whenever it is asked
  std::shared_ptr<const Model> load(const std::string& subject);

 private:
  std::map<std::string, std::shared_ptr<const Model>> models_;
};

}  // namespace calibram
