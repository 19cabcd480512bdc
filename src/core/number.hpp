// SPDX-License-Identifier: MIT
// Numbers from text: the whole text or nothing, whatever the locale.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace calibram {

inline constexpr std::int64_t lowest_integer = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t highest_integer = std::numeric_limits<std::int64_t>::max();
inline constexpr double lowest_number = std::numeric_limits<double>::lowest();
inline constexpr double highest_number = std::numeric_limits<double>::max();

/// Decimal digits with an optional minus. Nothing for all else: blanks, a plus, a fraction, overflow.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number, exponent allowed. Nothing for all else: blanks, "nan", "inf", overflow.
std::optional<double> parse_number(std::string_view text);

/// The rule in words: "an integer", "an integer, 1 or more", "an integer from 1 to 64".
std::string integer_rule(std::int64_t lowest, std::int64_t highest);
std::string number_rule(double lowest, double highest);

/// The number that `text` is, for a field or a flag called `name`.
/// @throws InputError "batch is 'n/a' (must be an integer, 1 or more)"
std::int64_t require_integer(std::string_view name, std::string_view text,
                             std::int64_t lowest = lowest_integer, std::int64_t highest = highest_integer);
double require_number(std::string_view name, std::string_view text, double lowest = lowest_number,
                      double highest = highest_number);

}  // namespace calibram
