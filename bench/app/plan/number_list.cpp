// SPDX-License-Identifier: MIT
// Reads lists and ranges.
#include "bench/app/plan/number_list.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace calibram {
namespace {

constexpr std::size_t most_numbers = 10'000'000;

/// From `first` to `last`; each number is the one before times `factor` plus `step`.
struct NumberRange {
  std::int64_t first, last, factor = 1, step = 0;
};

std::optional<std::int64_t> positive(std::string_view text) {
  const std::optional<std::int64_t> number = parse_integer(text);
  return number && *number > 0 ? number : std::nullopt;
}

std::optional<NumberRange> range_of(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  const auto first = positive(parts.front());
  if (!first || parts.size() == 1)
    return first ? std::optional{NumberRange{*first, *first, 1, 1}} : std::nullopt;
  const auto last = positive(parts[1]);
  if (!last || *last < *first) return std::nullopt;
  if (parts.size() == 2) return NumberRange{*first, *last, 1, 1};
  const bool multiplies = parts[2].starts_with('x');
  const auto by = positive(parts[2].substr(multiplies ? 1 : 0));
  if (!by || (multiplies && *by == 1)) return std::nullopt;
  return multiplies ? NumberRange{*first, *last, *by, 0} : NumberRange{*first, *last, 1, *by};
}

}  // namespace

std::vector<std::int64_t> parse_numbers(const std::string& flag, const std::string& text) {
  const auto fail = [&](const std::string& reason, const char* remedy) {
    throw InputError{fmt::format("invalid {} {}", flag, in_quotes(text)), reason, remedy};
  };
  std::vector<std::int64_t> numbers;
  std::unordered_set<std::int64_t> seen;
  if (text.empty()) fail("it is empty", "write numbers joined by commas");
  for (const std::string_view part : split(text, ',')) {
    const std::optional<NumberRange> range = range_of(part);
    if (!range)
      fail(fmt::format("{} is neither a number from 1 on nor a range of them", in_quotes(part)),
           "write 1024,4096 or FROM:TO:STEP, such as 1024:8192:1024 or 1:64:x2");
    for (std::int64_t number = range->first;;) {
      if (seen.insert(number).second) numbers.push_back(number);
      if (numbers.size() > most_numbers)
        fail(fmt::format("it has more than {} numbers", most_numbers), "take larger steps");
      if (number > (range->last - range->step) / range->factor) break;
      number = number * range->factor + range->step;
    }
  }
  return numbers;
}

std::vector<std::string> parse_names(const std::string& flag, const std::string& text) {
  std::vector<std::string> names;
  for (const std::string_view name : split(text, ',')) {
    if (name.empty())
      throw InputError{fmt::format("invalid {} {}", flag, in_quotes(text)), "a name is empty",
                       "write names joined by commas"};
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }
  return names;
}

}  // namespace calibram
