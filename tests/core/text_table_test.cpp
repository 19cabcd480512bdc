// SPDX-License-Identifier: MIT
// Tables: alignment by characters, and Markdown that stays a table.
#include "src/core/text_table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace calibram {
namespace {

TextTable sample() {
  TextTable table{{{"term"}, {"GiB", Align::right}, {"note"}}};
  table.add_row({"weights", "14.19", "±0.01"});
  table.add_row({"≤ kv", "0.44", ""});
  return table;
}

TEST(TextTable, AlignsCharactersNotBytes) {
  EXPECT_EQ(sample().text(),
            "term       GiB  note\n"
            "-------  -----  -----\n"
            "weights  14.19  ±0.01\n"
            "≤ kv      0.44\n");
}

TEST(TextTable, MarkdownKeepsTheAlignment) {
  EXPECT_EQ(sample().markdown(),
            "| term | GiB | note |\n"
            "|---|---:|---|\n"
            "| weights | 14.19 | ±0.01 |\n"
            "| ≤ kv | 0.44 |  |\n");
}

TEST(TextTable, ACellCannotBreakItsTable) {
  TextTable table{{{"a"}}};
  table.add_row({"x|y\nz\x1b[0m"});
  EXPECT_EQ(table.markdown(), "| a |\n|---|\n| x\\|y z [0m |\n");
  EXPECT_EQ(table.text(), "a\n---------\nx|y z [0m\n");
}

TEST(TextTable, ARowHasOneCellPerColumn) {
  TextTable table{{{"a"}, {"b"}}};
  EXPECT_THROW(table.add_row({"1"}), std::invalid_argument);
  EXPECT_TRUE(table.empty());
}

TEST(TextTable, WithoutRowsItIsAHeader) {
  const TextTable table{{{"a"}, {"bc", Align::right}}};
  EXPECT_EQ(table.text(), "a  bc\n-  --\n");
}

}  // namespace
}  // namespace calibram
