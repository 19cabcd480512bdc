// SPDX-License-Identifier: MIT
// CSV in memory: fields are cut where they stand, which takes a fifth of libcsv's time for a sweep's rows.
#include "src/core/csv.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <array>

namespace calibram {
namespace {

/// What an unquoted field cannot hold.
constexpr std::array<bool, 256> field_borders = [] {
  std::array<bool, 256> borders{};
  for (const char c : {',', '"', '\r', '\n'}) borders[static_cast<unsigned char>(c)] = true;
  return borders;
}();

}  // namespace

std::int64_t line_ends(std::string_view text) {
  std::int64_t count = std::count(text.begin(), text.end(), '\n');
  for (std::size_t at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1))
    if (!text.substr(at + 1).starts_with('\n')) ++count;
  return count;
}

CsvParser::CsvParser(std::string_view text, std::string_view file, std::int64_t line)
    : text_{text}, file_{file}, zero_{std::min(text.find('\0'), text.size())}, line_{line} {}

bool CsvParser::next(CsvRow& row) {
  while (!ends() && is_line_end(text_[at_])) take_line_end();
  row.fields.clear();
  unquoted_.clear();
  if (ends()) return false;
  record_begin_ = at_;
  row.line = record_line_ = line_;
  do row.fields.push_back(field());
  while (take(','));
  check_record();
  row.has_line_end = !ends();
  if (row.has_line_end) take_line_end();
  return true;
}

bool CsvParser::take(char wanted) {
  if (ends() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

void CsvParser::take_line_end() {
  if (!take('\r') || ends() || text_[at_] == '\n') take('\n');
  ++line_;
}

/// What stands up to the next comma, line end or the end of the text.
std::string_view CsvParser::field() {
  if (take('"')) return quoted_field();
  const auto begin = text_.begin() + static_cast<std::ptrdiff_t>(at_);
  const auto end =
      std::find_if(begin, text_.end(), [](char c) { return field_borders[static_cast<unsigned char>(c)]; });
  at_ = static_cast<std::size_t>(end - text_.begin());
  if (!ends() && *end == '"') {
    check_record();
    fail(line_, "a quote is out of place", "quotes enclose a whole field, and are doubled inside it",
         "correct the line");
  }
  return {begin, end};
}

std::string_view CsvParser::quoted_field() {
  const std::size_t begin = at_;
  bool has_quotes = false;
  for (;;) {
    at_ = text_.find('"', at_);
    if (at_ == text_.npos) {
      at_ = text_.size();
      check_record();
      fail(record_line_, "a quoted field does not end", "the file was cut, or a quote is missing",
           "close the quote, or delete the record");
    }
    ++at_;
    if (!take('"')) break;
    has_quotes = true;
  }
  const std::string_view quoted = text_.substr(begin, at_ - 1 - begin);
  line_ += line_ends(quoted);
  if (!ends() && !is_line_end(text_[at_]) && text_[at_] != ',') {
    check_record();
    fail(line_, "a quote is out of place", "quotes enclose a whole field, and are doubled inside it",
         "correct the line");
  }
  return has_quotes ? without_double_quotes(quoted) : quoted;
}

std::string_view CsvParser::without_double_quotes(std::string_view quoted) {
  std::string& field = unquoted_.emplace_back();
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    field += quoted[i];
    if (quoted[i] == '"') ++i;
  }
  return field;
}

/// What is wrong with the record as far as it is read, whatever its quotes.
void CsvParser::check_record() {
  if (at_ > zero_)
    fail(record_line_ + line_ends(text_.substr(record_begin_, zero_ - record_begin_)),
         "a zero byte in the text", "a binary file, or UTF-16", "name a CSV file in UTF-8");
  if (at_ - record_begin_ > static_cast<std::size_t>(largest_csv_record.count()))
    fail(record_line_, "a record of more than 1 MiB", "a quote is left open, or this is no CSV file",
         "close the quote, or name a CSV file");
}

void CsvParser::fail(std::int64_t line, const std::string& problem, const std::string& reason,
                     const std::string& remedy) const {
  throw InputError{file_ + ":" + std::to_string(line) + ": " + problem, reason, remedy};
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
