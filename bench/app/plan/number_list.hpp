// SPDX-License-Identifier: MIT
// Lists and ranges of numbers as people write them on a command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace calibram {

/// "1024,4096", "1024:8192:1024" (both ends included), "1:64:x2" (each the double of the one before), and any
/// of these joined by commas. In the order given, each number once.
/// @throws InputError naming the flag, for what is no such list, a number below 1, or more than 10 million
std::vector<std::int64_t> parse_numbers(const std::string& flag, const std::string& text);

/// "a,b,c", each name once. @throws InputError naming the flag, for an empty name
std::vector<std::string> parse_names(const std::string& flag, const std::string& text);

}  // namespace calibram
