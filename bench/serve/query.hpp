// SPDX-License-Identifier: MIT
// The query of a URL as names and values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calibram {

/// Names and values in their order; a name may be there several times.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// "model=qwen2-7b&prompt=4096" with %XX and + decoded. @throws InputError for a "%" without two hexadecimal
/// digits, and for a pair without a name
QueryPairs parse_query(std::string_view query);

}  // namespace calibram
