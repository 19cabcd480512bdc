// SPDX-License-Identifier: MIT
// The checks of a runtime's options.
#include "src/engine/runtime_options.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>

namespace calibram {

std::int64_t OptionReader::integer(std::string_view key, std::int64_t otherwise, std::int64_t lowest,
                                   std::int64_t highest) {
  const std::string* text = take(key);
  return text ? require_integer(fmt::format("option {}", key), *text, lowest, highest) : otherwise;
}

double OptionReader::number(std::string_view key, double otherwise, double lowest, double highest) {
  const std::string* text = take(key);
  return text ? require_number(fmt::format("option {}", key), *text, lowest, highest) : otherwise;
}

std::string_view OptionReader::text(std::string_view key) {
  const std::string* found = take(key);
  return found ? std::string_view{*found} : std::string_view{};
}

void OptionReader::finish() const {
  for (const auto& [key, value] : options_)
    if (!taken_.contains(key)) throw_unknown(key, value);
}

const std::string* OptionReader::take(std::string_view key) {
  const auto found = options_.find(std::string{key});
  if (found == options_.end()) return nullptr;
  taken_.emplace(key);
  return &found->second;
}

void OptionReader::throw_unknown(std::string_view key, std::string_view value) const {
  throw InputError{fmt::format("runtime {} has no option {}={}", runtime_, key, value),
                   fmt::format("known: {}", known_), "drop or correct it"};
}

}  // namespace calibram
