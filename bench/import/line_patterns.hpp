// SPDX-License-Identifier: MIT
// Tables of line patterns: regular expressions whose named groups are what a line tells.
#pragma once

#include "bench/import/log_lines.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One kind of line of an engine.
struct LinePattern {
  const char* expression;   ///< RE2, found anywhere in the line; its named groups are what the line sets
  std::string_view origin;  ///< where the engine prints it, and which versions do
};

/// What a group took from a line; points into the line.
struct Capture {
  std::string_view name;
  std::string_view text;
};

/// All patterns of a table, tried in one pass over a line.
class LineMatcher {
 public:
  explicit LineMatcher(std::span<const LinePattern> table);

  /// What the line sets, in the table's order. At the end of a line that was cut nothing is taken.
  std::vector<Capture> match(const LogLine& line) const;

 private:
  std::vector<std::unique_ptr<const RE2>> expressions_;
  RE2::Set set_;
};

}  // namespace calibram
