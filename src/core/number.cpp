// SPDX-License-Identifier: MIT
// Strict parsing with std::from_chars, which knows no locale.
#include "src/core/number.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

namespace calibram {
namespace {

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

template <class Number>
std::string rule(std::string_view kind, Number lowest, Number highest) {
  const bool from = lowest != std::numeric_limits<Number>::lowest();
  const bool to = highest != std::numeric_limits<Number>::max();
  if (from && to) return fmt::format("{} from {} to {}", kind, lowest, highest);
  if (from) return fmt::format("{}, {} or more", kind, lowest);
  if (to) return fmt::format("{}, {} or less", kind, highest);
  return std::string{kind};
}

template <class Number>
Number require(std::string_view name, std::string_view text, std::optional<Number> number, Number lowest,
               Number highest, const std::string& rule_text) {
  if (number && *number >= lowest && *number <= highest) return *number;
  const std::string shown = text.empty() ? "empty" : in_quotes(text);
  throw InputError{fmt::format("{} is {}", name, shown), "must be " + rule_text, ""};
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<double> parse_number(std::string_view text) {
  const std::optional<double> number = parse_whole<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::string integer_rule(std::int64_t lowest, std::int64_t highest) {
  return rule("an integer", lowest, highest);
}

std::string number_rule(double lowest, double highest) { return rule("a number", lowest, highest); }

std::int64_t require_integer(std::string_view name, std::string_view text, std::int64_t lowest,
                             std::int64_t highest) {
  return require(name, text, parse_integer(text), lowest, highest, integer_rule(lowest, highest));
}

double require_number(std::string_view name, std::string_view text, double lowest, double highest) {
  return require(name, text, parse_number(text), lowest, highest, number_rule(lowest, highest));
}

}  // namespace calibram
