// SPDX-License-Identifier: MIT
// Decodes queries.
#include "bench/serve/query.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace calibram {
namespace {

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto end = std::from_chars(digits.begin(), digits.end(), value, 16).ptr;
    if (digits.size() != 2 || end != digits.end())
      throw InputError{fmt::format("the query has {}", in_quotes("%" + std::string{digits})),
                       "two hexadecimal digits follow a %", "write %25 for a % itself"};
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

}  // namespace

QueryPairs parse_query(std::string_view query) {
  QueryPairs pairs;
  if (query.empty()) return pairs;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = decoded(pair.substr(0, equals));
    if (name.empty())
      throw InputError{fmt::format("the query has {}", in_quotes(pair)), "a pair is NAME=VALUE",
                       "correct it"};
    pairs.emplace_back(std::move(name), decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return pairs;
}

}  // namespace calibram
