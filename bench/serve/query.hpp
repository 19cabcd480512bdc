// SPDX-License-Identifier: MIT
// The query of a URL as names and values.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace calibram {

/// "model=qwen2-7b&prompt=4096" with %XX and + decoded. @throws InputError for a "%" without two hexadecimal
/// digits, a pair without a name, and a name that is there twice
std::map<std::string, std::string> parse_query(std::string_view query);

}  // namespace calibram
