// SPDX-License-Identifier: MIT
// The metadata of a GGUF file: typed values by key. Long lists, as a tokenizer's, are skipped and only
// counted.
#pragma once

#include "src/core/byte_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// The types of values, by their numbers in the file (ggml: enum gguf_type in gguf.h).
enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// What stands under a key. A list of numbers with at most `most_kept_elements` and a text of at most
/// `most_kept_text` bytes are kept as the file has them; lists of texts or lists never are.
struct GgufValue {
  std::string key;
  GgufType type = GgufType::u8;
  GgufType element = GgufType::u8;  ///< of an array
  std::int64_t count = 1;           ///< elements of an array, bytes of a text
  bool is_kept = false;
  std::string bytes;
  std::int64_t position = 0;  ///< in the file
};
inline constexpr std::int64_t most_kept_elements =
    4096;  // one for each layer; the deepest models have hundreds
inline constexpr std::int64_t most_kept_text =
    1 << 16;  // chat templates may be longer, and nobody asks for them

/// Values are empty when the key is absent. Accessors throw InputError, for example
/// `x.gguf: llama.block_count at byte 120 is a text (must be an integer); convert the model again`.
class GgufMetadata {
 public:
  GgufMetadata() = default;
  /// @throws InputError when a key stands there twice
  GgufMetadata(std::string file, std::vector<GgufValue> values);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;
  /// One per layer, or a single one that holds for all. Booleans are 0 and 1.
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
  /// How many elements an array has.
  std::optional<std::int64_t> length(std::string_view key) const;

 private:
  const GgufValue* find(std::string_view key) const;
  [[noreturn]] void fail(const GgufValue& value, std::string_view rule) const;

  std::string file_;
  std::vector<GgufValue> values_;  ///< by key
};

/// Reads so many keys with their values. @throws InputError naming the byte of what is no value
GgufMetadata read_gguf_metadata(ByteReader& reader, std::uint64_t count);

/// Reads a text's length and the text, which must not be longer than `most` bytes.
std::string_view read_gguf_text(ByteReader& reader, std::int64_t most, std::string_view what);

/// Refuses a count of things that cannot all be in the rest of the file, `smallest` bytes each.
std::int64_t checked_count(const ByteReader& reader, std::uint64_t count, std::int64_t smallest,
                           std::string_view what);

}  // namespace calibram
