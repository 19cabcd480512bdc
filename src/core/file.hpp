// SPDX-License-Identifier: MIT
// Whole files: read with a limit, written atomically.
#pragma once

#include "src/core/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace calibram {

/// Owns an open file. Move-only; -1 owns nothing.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) noexcept : number_{number} {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// @throws InputError for what is missing, unreadable, a folder, or no regular file (a pipe could block
/// for ever, a device could never end)
FileDescriptor open_regular_file(const std::filesystem::path& file);

/// The next bytes of the file; 0 at its end. `file` is its name for messages. @throws Error
std::size_t read_some(const FileDescriptor& descriptor, std::span<char> buffer,
                      const std::filesystem::path& file);

/// The bytes from `offset` on; fewer than asked for near the file's end, 0 behind it. @throws Error
std::size_t read_at(const FileDescriptor& descriptor, std::int64_t offset, std::span<char> buffer,
                    const std::filesystem::path& file);

/// What the file system says of an open file. @throws Error
Bytes file_size(const FileDescriptor& descriptor, const std::filesystem::path& file);

/// The whole content. @throws InputError as above, and for more than `limit`
std::string read_file(const std::filesystem::path& file, Bytes limit);

/// Replaces the file at once or not at all; a symbolic link keeps pointing to it. What is no regular file
/// ("/dev/stdout", a pipe) is written straight. @throws InputError when the path cannot name a file,
/// Error when the system refuses; nothing temporary is left behind
void write_file(const std::filesystem::path& file, std::string_view content);

/// A file that is written piece by piece, and there at once or not at all: until `finish` the old one stays.
/// What is no regular file is written straight.
class FileWriter {
 public:
  /// @throws as write_file
  explicit FileWriter(const std::filesystem::path& file);
  FileWriter(FileWriter&&) noexcept;
  ~FileWriter();

  void write(std::string_view content);  ///< @throws Error when the system refuses
  void finish();                         ///< @throws Error when the system refuses

 private:
  class Target;
  std::unique_ptr<Target> target_;
};

/// Throws the Error "cannot <action> '<file>' (<the system's text>); <remedy>" for a write that failed.
[[noreturn]] void throw_write_error(std::string_view action, const std::filesystem::path& file, int number);

}  // namespace calibram
