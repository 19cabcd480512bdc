// SPDX-License-Identifier: MIT
// What PyTorch says of the memory of its devices, and the rows that makes.
#pragma once

#include "bench/import/reading.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace calibram {

/// More than any device has, and sums over `most_parts` devices still fit.
inline constexpr std::int64_t largest_size = std::int64_t{1} << 45;

/// One device's numbers; absent where its dump does not have them.
struct DeviceMemory {
  std::optional<Quantity> allocated{}, reserved{};
};

/// Adds rows of all devices together: each one's own number, summed. @param counter  what the numbers are
void add_devices(const std::map<std::int64_t, DeviceMemory>& devices, const std::string& counter,
                 Reading& reading);

}  // namespace calibram
