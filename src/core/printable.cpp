// SPDX-License-Identifier: MIT
// Shortens and cleans text for messages.
#include "src/core/printable.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  const bool too_long = text.size() > limit;
  if (too_long) {
    while (limit > 0 && continues_character(text[limit])) --limit;
    text = text.substr(0, limit);
  }
  std::string clean;
  for (char c : text) clean += is_control(c) ? '?' : c;
  return too_long ? clean + "..." : clean;
}

std::string in_quotes(std::string_view text) { return fmt::format("'{}'", printable(text)); }

}  // namespace calibram
