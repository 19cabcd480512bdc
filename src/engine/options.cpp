// SPDX-License-Identifier: MIT
// The options column: key=value pairs joined by semicolons.
#include "src/engine/options.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"

namespace calibram {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

[[noreturn]] void throw_malformed(std::string_view pair) {
  throw InputError{"option " + in_quotes(pair) + " is malformed", "options are key=value pairs joined by ';'",
                   "write it as key=value"};
}

}  // namespace

Options parse_options(std::string_view text) {
  Options options;
  if (trimmed(text).empty()) return options;
  for (const std::string_view word : split(text, ';')) {
    const std::string_view pair = trimmed(word);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) throw_malformed(pair);
    const std::string_view key = trimmed(pair.substr(0, equals)), value = trimmed(pair.substr(equals + 1));
    if (key.empty() || value.empty()) throw_malformed(pair);
    if (!options.emplace(key, value).second)
      throw InputError{"option " + in_quotes(key) + " is given twice", "which one counts would be a guess",
                       "drop one"};
  }
  return options;
}

std::string options_text(const Options& options) {
  std::string text;
  for (const auto& [key, value] : options) {
    if (!text.empty()) text += ';';
    text += key + "=" + value;
  }
  // What would read back as something else must not reach a file.
  if (parse_options(text) != options) throw_malformed(text);
  return text;
}

}  // namespace calibram
