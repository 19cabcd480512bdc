// SPDX-License-Identifier: MIT
// Cuts a text at its separators.
#include "src/core/words.hpp"

namespace calibram {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  if (text.empty()) return words;
  for (std::size_t end = text.find(separator); end != text.npos; end = text.find(separator)) {
    words.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  words.push_back(text);
  return words;
}

}  // namespace calibram
