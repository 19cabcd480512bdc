// SPDX-License-Identifier: MIT
// Reads version numbers.
#include "src/engine/version.hpp"

#include <charconv>

namespace calibram {

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    const auto [rest, error] = std::from_chars(at, end, *part);
    if (error != std::errc{} || *part < 0) return std::nullopt;
    at = rest;
    if (at == end) return version;
    if (*at++ != '.') return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace calibram
