// SPDX-License-Identifier: MIT
// Reads version numbers.
#include "src/engine/version.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

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

Version VersionRange::require(std::string_view text) const {
  const std::string remedy = fmt::format("write {}@{}, say", engine, example);
  if (text.empty())
    throw InputError{fmt::format("runtime {} needs a version", engine),
                     "what it keeps in memory changed between versions", remedy};
  const std::optional<Version> version = parse_version(text);
  if (!version)
    throw InputError{fmt::format("invalid version '{}' of runtime {}", text, engine),
                     "must be numbers joined by dots", remedy};
  if (*version < first || *version >= end)
    throw InputError{fmt::format("runtime {}@{} is not known", engine, text),
                     fmt::format("known versions: {}", people), "name a version in that range"};
  return *version;
}

}  // namespace calibram
