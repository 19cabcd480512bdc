// SPDX-License-Identifier: MIT
// Reads printed numbers and keeps how many digits they have.
#include "bench/import/quantity.hpp"

#include "src/core/bytes.hpp"
#include "src/core/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace calibram {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array units = {
    Unit{"", 1},
    Unit{"tokens", 1},
    Unit{"B", 1},
    Unit{"bytes", 1},
    Unit{"KiB", 1 << 10},
    Unit{"MiB", 1 << 20},
    Unit{"MB", 1 << 20},
    Unit{"GiB", 1 << 30},
    Unit{"TiB", 1LL << 40},
    // PyTorch called binary units KB, MB, GB before 1.12 (torch/cuda/memory.py, _format_size).
    Unit{"KB", 1 << 10},
    Unit{"GB", 1 << 30},
    Unit{"TB", 1LL << 40},
};

/// No memory is larger, and sums over the 65536 devices that a row can have still fit.
constexpr double largest = 1e14;

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view number, std::string_view unit, Printed printed) {
  std::string digits{number};
  std::erase(digits, ',');
  const auto known = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  const std::optional<double> value = parse_number(digits);
  if (known == units.end() || !value) return std::nullopt;
  const auto size = static_cast<double>(known->size);
  if (std::abs(*value) * size > largest) return std::nullopt;
  const std::size_t point = digits.find('.');
  const std::size_t decimals = point == digits.npos ? 0 : digits.size() - point - 1;
  const double digit = size * std::pow(10.0, -static_cast<double>(decimals));
  const bool is_exact = decimals == 0 && known->size == 1;
  const double resolution = is_exact ? 0 : printed == Printed::rounded ? digit / 2 : digit;
  return Quantity{std::llround(*value * size), std::llround(std::floor(resolution))};
}

bool agree(const Quantity& a, const Quantity& b) {
  return std::abs(a.value - b.value) <= a.resolution + b.resolution + 1;
}

Quantity operator-(const Quantity& a, const Quantity& b) {
  return {checked_sum(a.value, -b.value), checked_sum(a.resolution, b.resolution)};
}

Quantity operator+(const Quantity& a, const Quantity& b) {
  return {checked_sum(a.value, b.value), checked_sum(a.resolution, b.resolution)};
}

}  // namespace calibram
