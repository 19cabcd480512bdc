// SPDX-License-Identifier: MIT
// Alignment and Markdown of text tables.
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace calibram {
namespace {

constexpr std::size_t gap = 2;

/// A cell is one line, and must not steer the terminal.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string blanks(width - text_width(text), ' ');
  return align == Align::right ? blanks + text : text + blanks;
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string markdown_cell(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::size_t text_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) throw std::invalid_argument{"a table row needs one cell per column"};
  for (std::string& cell : cells) cell = one_line(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::string header, rule;
  std::vector<std::string> lines(rows_.size());
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const auto& [title, align] = columns_[column];
    std::size_t width = text_width(title);
    for (const auto& row : rows_) width = std::max(width, text_width(row[column]));
    const std::string space(column == 0 ? 0 : gap, ' ');
    header += space + padded(title, width, align);
    rule += space + std::string(width, '-');
    for (std::size_t i = 0; i < rows_.size(); ++i) lines[i] += space + padded(rows_[i][column], width, align);
  }
  std::string table = without_trailing_blanks(header) + "\n" + rule + "\n";
  for (std::string& line : lines) table += without_trailing_blanks(std::move(line)) + "\n";
  return table;
}

std::string TextTable::markdown() const {
  std::string header = "|", rule = "|", body;
  for (const auto& [title, align] : columns_) {
    header += fmt::format(" {} |", markdown_cell(title));
    rule += align == Align::right ? "---:|" : "---|";
  }
  for (const auto& row : rows_) {
    body += "|";
    for (const std::string& cell : row) body += fmt::format(" {} |", markdown_cell(cell));
    body += "\n";
  }
  return header + "\n" + rule + "\n" + body;
}

}  // namespace calibram
