// SPDX-License-Identifier: MIT
// What can stand where the command line expects a value: words that are known, files, or anything.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// A kind of value.
struct ValueKind {
  std::string_view name;                          ///< lower case; of a shell function too
  bool is_file = false;                           ///< may be a file, beside the words
  std::vector<std::string> (*words)() = nullptr;  ///< null: none are known
};

std::span<const ValueKind> value_kinds();

/// The kind of a flag ("--runtime") or a positional ("MODEL") of any verb; null where anything goes.
const ValueKind* value_kind_of(std::string_view option);

}  // namespace calibram
