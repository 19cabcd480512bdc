// SPDX-License-Identifier: MIT
// Patterns of module names: parts of names, globs, and the simple regular expressions that configs use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One pattern without alternatives. Regular expressions are brought into this form, so that nothing that a
/// file says can take long to match.
class ModulePattern {
 public:
  /// @param glob  '*' stands for any text, '?' for one character
  ModulePattern(std::string glob, bool is_glob);

  /// Whether the pattern names this module or one that contains it.
  bool matches(std::string_view module) const;

  /// The layers that it names, of so many: one ("model.layers.3.mlp"), those whose number begins so
  /// ("model.layers.3*"), or empty where it says nothing of numbers.
  std::optional<std::vector<std::int64_t>> layers(std::int64_t count) const;

 private:
  std::string text_;
  bool is_glob_;
};

/// The patterns that an entry of a list stands for; none when it is a regular expression of a kind that is
/// not understood.
std::vector<ModulePattern> module_patterns(std::string_view entry);

}  // namespace calibram
