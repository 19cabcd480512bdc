// SPDX-License-Identifier: MIT
// The parameters that the API takes: one table, from which requests are read and the API is described.
#pragma once

#include "bench/serve/query.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// What a request wants.
enum class Wanted : unsigned char {
  estimate = 1,
  advice = 2,
  concurrency = 4,
  models = 8,
  upload = 16,
  others = 32,  ///< lists that take no parameter
};

enum class ParameterKind : unsigned char { text, integer, yes_or_no };

struct Parameter {
  std::string_view name;
  std::string_view meaning;
  unsigned wanted_by;  ///< the requests that take it, as bits of Wanted
  ParameterKind kind = ParameterKind::text;
  bool is_required = false;
  bool is_repeatable = false;

  bool is_of(Wanted wanted) const { return (wanted_by & static_cast<unsigned>(wanted)) != 0; }
};

/// The flags of a question by the table of columns, then all others.
std::span<const Parameter> parameters();

/// The parameters of one request. An empty value is none.
class AskedParameters {
 public:
  /// @throws InputError for a name that such a request does not take, with the nearest that it does, and for
  ///     one that is there twice and takes one value
  AskedParameters(const QueryPairs& pairs, Wanted wanted);

  /// Empty where it was not given.
  std::string_view text(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

  /// Whether it was given as 1. @throws InputError for anything but 1 and 0
  bool is_set(std::string_view name) const;

 private:
  QueryPairs given_;
};

}  // namespace calibram
