// SPDX-License-Identifier: MIT
// Engine versions of up to three numbers, ordered.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace calibram {

struct Version {
  int major = 0, minor = 0, patch = 0;
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// "4.38.2", "4.38" or "4"; nothing for any other text.
std::optional<Version> parse_version(std::string_view text);

}  // namespace calibram
