// SPDX-License-Identifier: MIT
// Lists that are written as one text: their words, one by one.
#pragma once

#include <string_view>
#include <vector>

namespace calibram {

/// What stands before, between and behind the separators, empty words included: "a,,b" has three. An empty
/// text has none. The words point into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace calibram
