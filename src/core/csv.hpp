// SPDX-License-Identifier: MIT
// Comma-separated values as RFC 4180 has them, read record by record.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One record. Blanks around a field belong to it, as the RFC wants.
struct CsvRow {
  std::int64_t line = 0;  ///< physical line on which it begins; the first of the file is 1
  std::vector<std::string> fields;
  bool has_line_end = true;  ///< false: the file stops right behind it, perhaps in its middle
};

/// Called with each record, the header included; the row is reused after it returns.
using CsvRowHandler = std::function<void(const CsvRow&)>;

/// No record is larger: a quote left open must not swallow a file of gigabytes.
inline constexpr Bytes largest_csv_record{1 << 20};

/// Hands the records of a file to `handle`, in memory that does not grow with the file. A byte-order
/// mark, CRLF and LF are accepted, blank lines are skipped.
/// @throws InputError with file:line for what is not CSV, and whatever `handle` throws
void read_csv(const std::filesystem::path& file, const CsvRowHandler& handle);

/// The same for text in memory; `name` stands for the file in messages.
void parse_csv(std::string_view text, const std::string& name, const CsvRowHandler& handle);

/// A field as it stands in a file: quoted where it holds a comma, a quote, a line end or outer blanks.
std::string csv_field(std::string_view text);

/// Fields joined to a record, without line end.
std::string csv_record(std::span<const std::string> fields);

}  // namespace calibram
