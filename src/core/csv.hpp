// SPDX-License-Identifier: MIT
// Comma-separated values as RFC 4180 has them, read record by record.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One record. Blanks around a field belong to it, as the RFC wants.
struct CsvRow {
  std::int64_t line = 0;  ///< physical line on which it begins; the first of the file is 1
  std::vector<std::string_view> fields;
  bool has_line_end = true;  ///< false: the file stops right behind it, perhaps in its middle
};

/// No record is larger: a quote left open must not swallow a file of gigabytes.
inline constexpr Bytes largest_csv_record{1 << 20};

constexpr bool is_line_end(char c) { return c == '\r' || c == '\n'; }

/// How many lines end in a text; CRLF is one line end.
std::int64_t line_ends(std::string_view text);

/// Reads the records of a text, or of a part of one that begins and ends with whole records. CRLF, LF and CR
/// are accepted, blank lines are skipped.
class CsvParser {
 public:
  /// @param text  outlives the parser
  /// @param file  stands for the text in messages
  /// @param line  of the file on which the text begins
  CsvParser(std::string_view text, std::string_view file, std::int64_t line = 1);

  /// The next record; false at the end. Its fields are valid until the next call.
  /// @throws InputError with file:line for what is not CSV
  bool next(CsvRow& row);

  std::string_view rest() const { return text_.substr(at_); }
  std::int64_t line() const { return line_; }  ///< on which the rest begins

 private:
  bool ends() const { return at_ == text_.size(); }
  bool take(char wanted);
  void take_line_end();
  std::string_view field();
  std::string_view quoted_field();
  std::string_view without_double_quotes(std::string_view quoted);
  void check_record();

  [[noreturn]] void fail(std::int64_t line, const std::string& problem, const std::string& reason,
                         const std::string& remedy) const;

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;            ///< of the next character
  std::size_t record_begin_ = 0;  ///< of the record that is read
  std::size_t zero_;              ///< of the first zero byte; the text's size where there is none
  std::int64_t line_;             ///< of the next character
  std::int64_t record_line_ = 0;
  std::deque<std::string> unquoted_;  ///< the record's fields that do not stand in the text as they are
};

/// A field as it stands in a file: quoted where it holds a comma, a quote, a line end or outer blanks.
std::string csv_field(std::string_view text);

/// Fields joined to a record, without line end.
std::string csv_record(std::span<const std::string> fields);

}  // namespace calibram
