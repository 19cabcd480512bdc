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

/// The versions of an engine whose behaviour is known.
struct VersionRange {
  std::string_view engine;
  Version first, end;        ///< the end is the first that is not known
  std::string_view people;   ///< the same for people: "4.31 to 5.0"
  std::string_view example;  ///< "4.46.0"

  /// @throws InputError when the text is no version, or one outside the range, which it names
  Version require(std::string_view text) const;
};

}  // namespace calibram
