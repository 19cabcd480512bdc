// SPDX-License-Identifier: MIT
// CSV through libcsv, which is fed one physical line at a time so that every record knows its line.
#include "src/core/csv.hpp"

#include "src/core/error.hpp"
#include "src/core/file.hpp"

#include <csv.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

namespace calibram {
namespace {

constexpr std::size_t chunk_size = 1 << 16;

class CsvParser {
 public:
  CsvParser(std::string name, const CsvRowHandler& handle) : name_{std::move(name)}, handle_{handle} {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&parser_, [](unsigned char) { return 0; });  // blanks belong to their field
    csv_set_blk_size(&parser_, 4096);
  }
  CsvParser(const CsvParser&) = delete;
  CsvParser& operator=(const CsvParser&) = delete;
  ~CsvParser() { csv_free(&parser_); }

  void feed(std::string_view chunk) {
    if (!std::exchange(begun_, true) && chunk.starts_with("\xef\xbb\xbf")) chunk.remove_prefix(3);
    while (!chunk.empty()) {
      const auto line_end = std::find_if(chunk.begin(), chunk.end(), is_line_end);
      const auto size =
          static_cast<std::size_t>(line_end - chunk.begin()) + (line_end != chunk.end() ? 1 : 0);
      feed_line(chunk.substr(0, size));
      count_line(chunk[size - 1]);
      chunk.remove_prefix(size);
    }
  }

  void finish() {
    row_.has_line_end = false;
    if (csv_fini(&parser_, on_field, on_row, this) != 0) fail_open_quote();
    deliver();
  }

 private:
  // libcsv is C: nothing may be thrown through it. A line ends at most one record, so the record is
  // delivered after the call.
  static void on_field(void* field, std::size_t size, void* self) noexcept {
    auto& parser = *static_cast<CsvParser*>(self);
    try {
      parser.row_.fields.emplace_back(static_cast<const char*>(field), size);
    } catch (...) {
      parser.failure_ = std::current_exception();
    }
  }
  static void on_row(int, void* self) noexcept { static_cast<CsvParser*>(self)->row_ended_ = true; }

  /// Feeds a piece that ends in a line end, or is a part of a line.
  void feed_line(std::string_view piece) {
    if (piece.find('\0') != piece.npos)
      fail(line_, "a zero byte in the text", "a binary file, or UTF-16", "name a CSV file in UTF-8");
    if (record_size_ == 0) {
      if (piece.size() == 1 && is_line_end(piece.front())) return;  // a blank line, or the LF of a CRLF
      row_.line = line_;
    }
    record_size_ += piece.size();
    if (csv_parse(&parser_, piece.data(), piece.size(), on_field, on_row, this) != piece.size()) fail_quote();
    deliver();
    if (record_size_ > static_cast<std::size_t>(largest_csv_record.count()))
      fail(row_.line, "a record of more than 1 MiB", "a quote is left open, or this is no CSV file",
           "close the quote, or name a CSV file");
  }

  void deliver() {
    if (failure_) std::rethrow_exception(failure_);
    if (!std::exchange(row_ended_, false)) return;
    record_size_ = 0;
    handle_(row_);
    row_.fields.clear();
  }

  static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

  void count_line(char last) {
    if (last == '\r' || (last == '\n' && previous_ != '\r')) ++line_;
    previous_ = last;
  }

  [[noreturn]] void fail(std::int64_t line, const std::string& problem, const std::string& reason,
                         const std::string& remedy) const {
    throw InputError{name_ + ":" + std::to_string(line) + ": " + problem, reason, remedy};
  }
  [[noreturn]] void fail_quote() {
    if (csv_error(&parser_) != CSV_EPARSE) throw std::bad_alloc{};
    fail(line_, "a quote is out of place", "quotes enclose a whole field, and are doubled inside it",
         "correct the line");
  }
  [[noreturn]] void fail_open_quote() const {
    fail(row_.line, "a quoted field does not end", "the file was cut, or a quote is missing",
         "close the quote, or delete the record");
  }

  std::string name_;
  const CsvRowHandler& handle_;
  csv_parser parser_{};
  CsvRow row_;
  std::exception_ptr failure_;
  std::size_t record_size_ = 0;  ///< bytes of the record that has begun; 0 between records
  std::int64_t line_ = 1;
  char previous_ = 0;
  bool begun_ = false;
  bool row_ended_ = false;
};

}  // namespace

void read_csv(const std::filesystem::path& file, const CsvRowHandler& handle) {
  const FileDescriptor descriptor = open_regular_file(file);
  CsvParser parser{file.string(), handle};
  std::array<char, chunk_size> chunk;
  while (const std::size_t size = read_some(descriptor, chunk, file)) parser.feed({chunk.data(), size});
  parser.finish();
}

void parse_csv(std::string_view text, const std::string& name, const CsvRowHandler& handle) {
  CsvParser parser{name, handle};
  parser.feed(text);
  parser.finish();
}

std::string csv_field(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const bool has_outer_blank = !text.empty() && (is_blank(text.front()) || is_blank(text.back()));
  if (!has_outer_blank && text.find_first_of(",\"\r\n") == text.npos) return std::string{text};
  std::string field = "\"";
  for (char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + "\"";
}

std::string csv_record(std::span<const std::string> fields) {
  if (fields.size() == 1 && fields.front().empty()) return "\"\"";  // else the record were a blank line
  std::string record;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) record += ',';
    record += csv_field(fields[i]);
  }
  return record;
}

}  // namespace calibram
