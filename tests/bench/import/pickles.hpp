// SPDX-License-Identifier: MIT
// Writes the opcodes of small pickles (Lib/pickletools.py).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace calibram {

class PickleWriter {
 public:
  explicit PickleWriter(int protocol = 4) : bytes_{'\x80', static_cast<char>(protocol)} {}

  PickleWriter& op(std::string_view opcodes) {
    bytes_ += opcodes;
    return *this;
  }
  PickleWriter& text(std::string_view text) {
    bytes_ += '\x8c';
    bytes_ += static_cast<char>(text.size());
    bytes_ += text;
    return *this;
  }
  /// LONG1 of eight bytes.
  PickleWriter& integer(std::int64_t number) {
    bytes_ += "\x8a\x08";
    for (int i = 0; i < 8; ++i) bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
    return *this;
  }
  PickleWriter& entry(std::string_view key, std::int64_t number) { return text(key).integer(number); }
  PickleWriter& entry(std::string_view key, std::string_view value) { return text(key).text(value); }

  std::string finish() const { return bytes_ + "."; }

 private:
  std::string bytes_;
};

}  // namespace calibram
