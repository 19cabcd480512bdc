// SPDX-License-Identifier: MIT
// Reads sizes.
#include "bench/app/flags/size_text.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace calibram {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr std::array units = {
    Unit{"", 1},        Unit{"B", 1},         Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
    Unit{"M", 1 << 20}, Unit{"GiB", 1 << 30}, Unit{"G", 1 << 30},   Unit{"TiB", 1099511627776.0},
    Unit{"MB", 1e6},    Unit{"GB", 1e9},      Unit{"TB", 1e12}};

constexpr double largest = 9223372036854775808.0;  // 2^63

}  // namespace

Bytes parse_size(const std::string& flag, const std::string& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view name = std::string_view{text}.substr(end);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  const auto* unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
  const std::optional<double> count = parse_number(std::string_view{text}.substr(0, end));
  if (unit == units.end() || !count || !(*count > 0) || !(*count * unit->bytes < largest))
    throw InputError{fmt::format("invalid {} {}", flag, in_quotes(text)),
                     "must be a positive size below 8 EiB", "write 24GiB, 80GB or a number of bytes"};
  return rounded_bytes(*count * unit->bytes);
}

}  // namespace calibram
