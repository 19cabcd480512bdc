// SPDX-License-Identifier: MIT
// Reads the start of a binary file forwards, little-endian, and never more of it than a limit.
#pragma once

#include "src/core/bytes.hpp"
#include "src/core/file.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// A position in a file that only moves forwards. Nothing is mapped: a file that shrinks while it is read is
/// an error and no signal. Whatever a header claims, nothing is read behind the file's end or the limit.
class ByteReader {
 public:
  /// @param limit  how much of the file may be read. @throws InputError when it cannot be opened
  ByteReader(std::filesystem::path file, Bytes limit);

  /// A file in memory of which only the start is there. @param size  what the file's size is said to be
  ByteReader(std::string_view start, Bytes size, std::filesystem::path name, Bytes limit);

  const std::filesystem::path& file() const noexcept { return file_; }
  Bytes size() const noexcept { return Bytes{size_}; }
  std::int64_t position() const noexcept { return position_; }

  /// How many bytes may still be read: those of the file, within the limit.
  std::int64_t remaining() const noexcept { return std::min(size_, limit_) - position_; }

  /// @throws InputError when so many bytes may not be read
  void require(std::int64_t count) const;

  /// The next integer or floating-point number.
  template <class Number>
  requires std::is_arithmetic_v<Number> Number number() {
    static_assert(std::endian::native == std::endian::little);
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  /// The next bytes; valid until the next call. @param count  at most `largest_piece`
  std::string_view take(std::int64_t count) {
    if (count > end_ - position_) fill(count);
    const char* first = buffer_ + (position_ - begin_);
    position_ += count;
    return {first, static_cast<std::size_t>(count)};
  }
  static constexpr std::int64_t largest_piece = 1 << 18;

  /// Fills all of `target` with the next bytes.
  void copy(std::span<char> target);

  /// Moves on by `count` bytes, which are not read. @throws InputError when they are not there
  void skip(std::int64_t count);

  /// Throws the InputError "cannot read '<file>' (byte <position>: <reason>); <remedy>".
  [[noreturn]] void fail(std::int64_t position, std::string_view reason) const;
  [[noreturn]] void fail(std::string_view reason) const { fail(position_, reason); }

 private:
  void fill(std::int64_t count);
  [[noreturn]] void fail_for_more(std::int64_t needed) const;

  std::filesystem::path file_;
  FileDescriptor descriptor_;
  std::vector<char> storage_;
  const char* buffer_ = nullptr;  ///< holds the file's bytes [begin_, end_)
  std::int64_t begin_ = 0, end_ = 0;
  std::int64_t start_ = 0;  ///< how much of a file in memory is there
  std::int64_t position_ = 0, size_ = 0, limit_ = 0;
};

}  // namespace calibram
