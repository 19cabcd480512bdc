// SPDX-License-Identifier: MIT
// The classes of bytes that are alive at a peak.
#pragma once

#include "src/core/bytes.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace calibram {

enum class Term : unsigned char { weights, kv_cache, activation, logits, workspace, constant };

inline constexpr std::size_t term_count = 6;
inline constexpr std::array<std::string_view, term_count> term_names = {"weights", "kv_cache",  "activation",
                                                                        "logits",  "workspace", "constant"};

constexpr std::size_t index_of(Term term) { return static_cast<std::size_t>(term); }

/// Bytes per term.
class TermBytes {
 public:
  constexpr Bytes& operator[](Term term) { return bytes_[index_of(term)]; }
  constexpr Bytes operator[](Term term) const { return bytes_[index_of(term)]; }

  constexpr Bytes total() const {
    Bytes sum;
    for (Bytes bytes : bytes_) sum += bytes;
    return sum;
  }

  constexpr TermBytes& operator+=(const TermBytes& other) {
    for (std::size_t i = 0; i < term_count; ++i) bytes_[i] += other.bytes_[i];
    return *this;
  }

  bool operator==(const TermBytes&) const = default;

 private:
  std::array<Bytes, term_count> bytes_{};
};

}  // namespace calibram
