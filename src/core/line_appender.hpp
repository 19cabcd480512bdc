// SPDX-License-Identifier: MIT
// A text file that grows line by line and survives a full disk and a power cut.
#pragma once

#include "src/core/bytes.hpp"
#include "src/core/file.hpp"

#include <filesystem>
#include <string_view>

namespace calibram {

/// Appends lines under a fixed first line (a CSV header). Every line is on the disk when `append` returns,
/// and the file never ends in half a line for longer than a power cut takes. One process at a time.
class LineAppender {
 public:
  /// A new file, or an empty one. @throws InputError when it holds something: measurements are not
  /// overwritten; Error when the system refuses
  static LineAppender create(const std::filesystem::path& file, std::string_view first_line);

  /// Goes on with a file, or begins it. A last line without line end is cut off.
  /// @throws InputError when it begins with another line: what follows would not fit
  static LineAppender resume(const std::filesystem::path& file, std::string_view first_line);

  /// What `resume` cut off: bytes of a line whose writing was interrupted.
  Bytes dropped() const noexcept { return dropped_; }

  /// Adds a line in one write. @throws Error when the disk is full or the system refuses; the file then
  /// ends in its last whole line
  void append(std::string_view line);

 private:
  explicit LineAppender(const std::filesystem::path& file);

  void check_first_line(std::string_view first_line) const;
  void drop_half_line();

  std::filesystem::path path_;
  FileDescriptor descriptor_;
  Bytes size_;
  Bytes dropped_;
};

}  // namespace calibram
