// SPDX-License-Identifier: MIT
// Reads ahead, counts quotes and line ends, and cuts.
#include "src/core/csv_blocks.hpp"

#include "src/core/csv.hpp"

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

CsvBlocks::CsvBlocks(const std::filesystem::path& file, Bytes block_size)
    : file_{file},
      descriptor_{open_regular_file(file)},
      block_size_{static_cast<std::size_t>(block_size.count())} {
  while (begun_.size() < byte_order_mark.size() && append_more(begun_)) continue;
  if (begun_.starts_with(byte_order_mark)) begun_.erase(0, byte_order_mark.size());
}

unsigned CsvBlocks::most() const {
  return static_cast<unsigned>(file_size(descriptor_, file_).count() /
                               static_cast<std::int64_t>(block_size_)) +
         1;
}

std::optional<CsvBlock> CsvBlocks::next() {
  CsvBlock block{std::exchange(begun_, {}), line_};
  std::size_t end = 0;
  while (end == 0) {
    const bool has_more = append_more(block.text);
    // What is no record that could be read is left to the parser, which says what is wrong.
    const bool is_too_large = std::cmp_greater(block.text.size(), 2 * largest_csv_record.count());
    end = has_more ? last_record_end(block.text) : block.text.size();
    if (end == 0 && is_too_large) end = block.text.size();
    if (!has_more) break;
  }
  if (end == 0) return std::nullopt;
  begun_.assign(block.text, end);
  block.text.resize(end);
  line_ += line_ends(block.text);
  return block;
}

/// @return false at the end of the file
bool CsvBlocks::append_more(std::string& text) {
  const std::size_t before = text.size();
  text.resize(before + block_size_);
  const std::size_t size = read_some(descriptor_, {text.data() + before, block_size_}, file_);
  text.resize(before + size);
  return size > 0;
}

std::size_t last_record_end(std::string_view text) {
  bool is_quoted = std::count(text.begin(), text.end(), '"') % 2 != 0;
  for (std::size_t end = text.size(); end > 0; --end) {
    const char last = text[end - 1];
    if (last == '"') is_quoted = !is_quoted;
    const bool may_go_on = last == '\r' && end == text.size();
    if (!is_quoted && is_line_end(last) && !may_go_on) return end;
  }
  return 0;
}

}  // namespace calibram
