// SPDX-License-Identifier: MIT
// A table of text cells, printed aligned for people or as Markdown.
#pragma once

#include <string>
#include <vector>

namespace calibram {

enum class Align : unsigned char { left, right };

struct TableColumn {
  std::string header;
  Align align = Align::left;
};

class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns) : columns_{std::move(columns)} {}

  /// @throws std::invalid_argument when the row has not one cell per column
  void add_row(std::vector<std::string> cells);

  bool empty() const noexcept { return rows_.empty(); }

  /// Columns two blanks apart, a rule under the header, no blanks at the ends of lines.
  std::string text() const;

  /// A GitHub table; a bar in a cell is escaped.
  std::string markdown() const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns a UTF-8 text takes on a terminal: one per character, so "±" and "≤" count once.
/// Combining and double-width characters are not known.
std::size_t text_width(const std::string& text);

}  // namespace calibram
