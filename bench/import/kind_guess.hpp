// SPDX-License-Identifier: MIT
// Which program wrote a log, guessed by words that only it prints: for messages, never for numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace calibram {

class KindGuess {
 public:
  void see(std::string_view line);

  /// "vllm", "llama.cpp" or "torch"; empty when no word was seen.
  std::string_view kind() const;

 private:
  std::array<std::int64_t, 3> lines_{};
};

}  // namespace calibram
