// SPDX-License-Identifier: MIT
// Patterns of module names, as lists in configs write them: parts of names, globs, regular expressions.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// A part of a name in whole components, or a glob.
class ModulePattern {
 public:
  /// @param glob  '*' stands for any text, '?' for one character
  ModulePattern(std::string_view glob, bool is_glob);

  /// Whether the pattern names this module or one that contains it.
  bool matches(std::string_view module) const;

  /// The layers that it names, of so many: one ("model.layers.3.mlp"), those whose number begins so
  /// ("model.layers.3*"), or empty where it says nothing of numbers.
  std::optional<std::vector<std::int64_t>> layers(std::int64_t count) const;

 private:
  std::string text_;
  bool is_glob_;
};

/// The pattern that an entry of a list stands for; none for an empty or endless one.
std::optional<ModulePattern> module_pattern(std::string_view entry);

/// Regular expressions. Matching takes time in proportion to their size, which is bounded: nothing that a
/// file says can take long.
class ModuleExpressions {
 public:
  /// Whether the expression is one of those that are matched from now on. RE2 has no back references and does
  /// not look around.
  bool add(std::string_view expression);

  /// Whether one matches as Python's re.match does, from the beginning of the name but not to its end.
  bool match(std::string_view module) const;

  bool empty() const noexcept { return expressions_.empty(); }

 private:
  std::vector<std::unique_ptr<const RE2>> expressions_;
  int size_ = 0;
};

}  // namespace calibram
