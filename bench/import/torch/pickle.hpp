// SPDX-License-Identifier: MIT
// A Python pickle that holds data only, as a tree of values: whatever would make objects is refused.
#pragma once

#include "src/core/byte_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace calibram {

enum class PickleKind : unsigned char { none, boolean, integer, number, text, list, dictionary, other };

/// A value, which lives in the Pickle that it came from. Lists may hold themselves: follow them only as deep
/// as the format that is expected goes.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t content = 0;  ///< an integer or boolean itself; else where it stands
};

struct PickleLimits {
  std::int64_t values = 1 << 25;      ///< of all lists and dictionaries, and on the stack
  std::int64_t text_bytes = 1 << 28;  ///< of all texts together
  std::int64_t longest_text = 1 << 20;
};

/// Reads protocols 2 to 5 (Lib/pickletools.py): numbers, texts, bytes, lists, tuples, sets, dictionaries,
/// None, booleans, the memo. No recursion, and memory within the limits, whatever the file claims.
class Pickle {
 public:
  /// @throws InputError for what is cut, too large or no such pickle; an opcode that makes objects is named
  explicit Pickle(ByteReader& reader, const PickleLimits& limits = {});

  PickleValue root() const { return root_; }
  std::string_view text(PickleValue value) const;
  const std::vector<PickleValue>& list(PickleValue value) const;
  /// Keys and values in turn.
  const std::vector<PickleValue>& entries(PickleValue value) const;
  /// The last entry of this name; `none` where there is none, or where the value is no dictionary.
  PickleValue find(PickleValue dictionary, std::string_view key) const;
  std::optional<std::int64_t> integer(PickleValue dictionary, std::string_view key) const;
  std::string_view text(PickleValue dictionary, std::string_view key) const;

 private:
  friend class PickleMachine;

  PickleValue root_;
  std::vector<std::vector<PickleValue>> containers_;
  std::vector<std::pair<std::size_t, std::size_t>> texts_;  ///< begin and size
  std::vector<double> numbers_;
  std::vector<char> characters_;
};

}  // namespace calibram
