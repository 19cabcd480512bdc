// SPDX-License-Identifier: MIT
// Numbers as engines print them: a decimal with a unit is a whole number of bytes and how exact that is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace calibram {

struct Quantity {
  std::int64_t value = 0;       ///< bytes or tokens
  std::int64_t resolution = 0;  ///< the true number is not further away

  bool operator==(const Quantity&) const = default;
};

/// How the engine shortened what it printed: "%.2f" rounds, an integer division cuts off.
enum class Printed : unsigned char { rounded, cut_off };

/// "14.99" "GiB", "353,296" "tokens". The resolution is half the last digit, or all of it where the rest was
/// cut off. Nothing for what is no number, for an unknown unit, and for what does not fit 64 bits.
std::optional<Quantity> parse_quantity(std::string_view number, std::string_view unit,
                                       Printed printed = Printed::rounded);

/// Whether both can be the same number.
bool agree(const Quantity& a, const Quantity& b);

/// a - b and a + b, as exact as both together.
Quantity operator-(const Quantity& a, const Quantity& b);
Quantity operator+(const Quantity& a, const Quantity& b);

}  // namespace calibram
