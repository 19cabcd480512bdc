// SPDX-License-Identifier: MIT
// What the user wrote, made safe and short enough to stand in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace calibram {

/// Control characters become '?' (a file must not steer the terminal), and what is longer than `limit`
/// bytes ends in "..." at a character's border.
std::string printable(std::string_view text, std::size_t limit = 80);

/// The same between single quotes.
std::string in_quotes(std::string_view text);

}  // namespace calibram
