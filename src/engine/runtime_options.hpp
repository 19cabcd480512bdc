// SPDX-License-Identifier: MIT
// Reads the options of a runtime: each key once, by its type; what is left over is refused.
#pragma once

#include "src/engine/runtime.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace calibram {

/// A word that an option may have, and what it means.
template <typename Value>
struct OptionWord {
  std::string_view word;
  Value value;
};

class OptionReader {
 public:
  /// @param known  the options of this runtime, for people
  OptionReader(std::string_view runtime, const Options& options, std::string_view known)
      : runtime_{runtime}, options_{options}, known_{known} {}

  /// The value that the option's word stands for; `otherwise` where it is not given.
  /// @throws InputError for another word, with the known options
  template <typename Value, std::size_t count>
  Value word(std::string_view key, const std::array<OptionWord<Value>, count>& words, Value otherwise) {
    const std::string* text = take(key);
    if (!text) return otherwise;
    for (const OptionWord<Value>& known : words)
      if (known.word == *text) return known.value;
    throw_unknown(key, *text);
  }

  /// @throws InputError when the text is no number of this range
  std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t lowest,
                       std::int64_t highest);
  double number(std::string_view key, double otherwise, double lowest, double highest);
  /// Empty where the option is not given.
  std::string_view text(std::string_view key);

  /// @throws InputError naming an option that nothing asked for
  void finish() const;

 private:
  const std::string* take(std::string_view key);
  [[noreturn]] void throw_unknown(std::string_view key, std::string_view value) const;

  std::string_view runtime_;
  const Options& options_;
  std::string_view known_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace calibram
