// SPDX-License-Identifier: MIT
// A CSV file in blocks of whole records, which can be parsed apart.
#pragma once

#include "src/core/bytes.hpp"
#include "src/core/file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace calibram {

struct CsvBlock {
  std::string text;
  std::int64_t line = 1;  ///< physical line on which it begins
};

/// Cuts at record ends: line ends with an even number of quotes before them, as RFC 4180 doubles quotes
/// inside a field. What breaks that rule is refused when the block that holds it is parsed.
class CsvBlocks {
 public:
  /// @param block_size  at least; a block is larger where a record is
  /// @throws InputError when the file is no regular file
  explicit CsvBlocks(const std::filesystem::path& file, Bytes block_size = Bytes{1 << 20});

  /// The next block, in the order of the file, without a byte-order mark; nothing at its end.
  std::optional<CsvBlock> next();

  /// No more blocks than this are to come, going by the size of the file.
  unsigned most() const;

 private:
  bool append_more(std::string& text);

  std::filesystem::path file_;
  FileDescriptor descriptor_;
  std::size_t block_size_;
  std::string begun_;  ///< the record that the last block was cut before
  std::int64_t line_ = 1;
};

/// Where the last whole record of a text ends that begins with a record; 0 where it holds none. The line
/// end of a CR at the very end may still go on.
std::size_t last_record_end(std::string_view text);

}  // namespace calibram
