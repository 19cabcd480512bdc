// SPDX-License-Identifier: MIT
// Streams a log in pieces; terminal sequences are left out of its lines.
#include "bench/import/log_lines.hpp"

#include <algorithm>
#include <vector>

namespace calibram {
namespace {

constexpr char escape = '\x1b';

/// The rest of `text` behind a terminal sequence (ECMA-48: CSI ends in a byte from @ to ~), at whose escape
/// character it begins.
std::string_view behind_sequence(std::string_view text) {
  if (text.size() < 2 || text[1] != '[') return text.substr(std::min<std::size_t>(text.size(), 2));
  const auto is_final = [](char c) { return c >= '@' && c <= '~'; };
  const auto end = std::find_if(text.begin() + 2, text.end(), is_final);
  return end == text.end() ? std::string_view{}
                           : text.substr(static_cast<std::size_t>(end - text.begin()) + 1);
}

void copy_plain(std::string_view text, std::string& plain) {
  plain.clear();
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(escape), text.size());
    plain += text.substr(0, at);
    text.remove_prefix(at);
    if (!text.empty()) text = behind_sequence(text);
  }
}

}  // namespace

void LogLineReader::read(std::string_view piece) {
  if (!has_begun_ && !piece.empty()) {
    summary_.is_utf16 = piece.starts_with("\xff\xfe") || piece.starts_with("\xfe\xff");
    has_begun_ = true;
  }
  summary_.nul_bytes += std::count(piece.begin(), piece.end(), '\0');
  for (std::size_t end = piece.find('\n'); end != piece.npos; end = piece.find('\n')) {
    add(piece.substr(0, end));
    end_line(true);
    piece.remove_prefix(end + 1);
  }
  add(piece);
}

LogSummary LogLineReader::finish() {
  if (!line_.empty()) end_line(false);
  return summary_;
}

void LogLineReader::add(std::string_view text) {
  const std::size_t room = longest_log_line - line_.size();
  is_cut_ = is_cut_ || text.size() > room;
  line_ += text.substr(0, room);
}

void LogLineReader::end_line(bool has_end) {
  ++summary_.lines;
  summary_.cut_lines += is_cut_ ? 1 : 0;
  std::string_view text = line_;
  if (text.find(escape) != text.npos) {
    copy_plain(text, plain_);
    text = plain_;
  }
  while (text.ends_with('\r')) text.remove_suffix(1);
  handle_({summary_.lines, text, has_end && !is_cut_});
  line_.clear();
  is_cut_ = false;
}

LogSummary read_log(const FileDescriptor& file, const std::string& name, const LogLineHandler& handle) {
  LogLineReader reader{handle};
  std::vector<char> buffer(1 << 18);
  while (const std::size_t count = read_some(file, buffer, name)) reader.read({buffer.data(), count});
  return reader.finish();
}

}  // namespace calibram
