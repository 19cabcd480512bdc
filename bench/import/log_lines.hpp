// SPDX-License-Identifier: MIT
// A log, line by line, in memory that does not grow with it: without colours, carriage returns and line ends.
#pragma once

#include "src/core/file.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace calibram {

struct LogLine {
  std::int64_t number = 0;  ///< the first of the file is 1
  std::string_view text;
  bool has_end = true;  ///< false: the file stops here, perhaps in the middle of a number
};

using LogLineHandler = std::function<void(const LogLine&)>;

/// What follows in a longer line is left out: a binary file must not become one line of gigabytes.
inline constexpr std::size_t longest_log_line = 1 << 20;

/// What was seen of a log beside its lines.
struct LogSummary {
  std::int64_t lines = 0;
  std::int64_t cut_lines = 0;  ///< longer than `longest_log_line`
  std::int64_t nul_bytes = 0;  ///< no text has any
  bool is_utf16 = false;       ///< as PowerShell writes what it redirects
};

/// Cuts pieces of a log into lines.
class LogLineReader {
 public:
  explicit LogLineReader(const LogLineHandler& handle) : handle_{handle} {}

  void read(std::string_view piece);
  /// Hands on a last line without line end.
  LogSummary finish();

 private:
  void add(std::string_view text);
  void end_line(bool has_end);

  const LogLineHandler& handle_;
  LogSummary summary_;
  std::string line_;
  std::string plain_;
  bool is_cut_ = false;
  bool has_begun_ = false;
};

/// Hands on the lines of an open file. @param name  for messages. @throws Error
LogSummary read_log(const FileDescriptor& file, const std::string& name, const LogLineHandler& handle);

}  // namespace calibram
