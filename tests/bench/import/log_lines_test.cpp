// SPDX-License-Identifier: MIT
// Lines come out as they were written, whatever the pieces, the line ends and the colours.
#include "bench/import/log_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calibram {
namespace {

using ::testing::ElementsAre;

struct Read {
  std::vector<std::string> lines;
  std::vector<bool> ends;
  LogSummary summary;
};

Read read_pieces(const std::vector<std::string>& pieces) {
  Read read;
  const LogLineHandler handle = [&](const LogLine& line) {
    read.lines.emplace_back(line.text);
    read.ends.push_back(line.has_end);
  };
  LogLineReader reader{handle};
  for (const std::string& piece : pieces) reader.read(piece);
  read.summary = reader.finish();
  return read;
}

TEST(LogLines, PiecesMayEndAnywhere) {
  EXPECT_THAT(read_pieces({"a", "b\nc", "", "\n\nd\n"}).lines, ElementsAre("ab", "c", "", "d"));
}

TEST(LogLines, CarriageReturnsAndColoursAreLeftOut) {
  EXPECT_THAT(read_pieces({"\x1b[32mIN", "FO\x1b[0m x\r\n", "\x1b[1;31", "mred\x1b[0m\r\n"}).lines,
              ElementsAre("INFO x", "red"));
}

TEST(LogLines, ASequenceThatNeverEndsTakesNoMoreThanItsLine) {
  EXPECT_THAT(read_pieces({"a\x1b[12\nb\x1b\nc\n"}).lines, ElementsAre("a", "b", "c"));
}

TEST(LogLines, ALastLineWithoutEndIsMarked) {
  const Read read = read_pieces({"a\nb"});
  EXPECT_THAT(read.lines, ElementsAre("a", "b"));
  EXPECT_THAT(read.ends, ElementsAre(true, false));
}

TEST(LogLines, AnEndlessLineIsCutAndCounted) {
  const Read read = read_pieces({std::string(longest_log_line + 5, 'x'), "y\nz\n"});
  ASSERT_EQ(read.lines.size(), 2u);
  EXPECT_EQ(read.lines[0].size(), longest_log_line);
  EXPECT_THAT(read.ends, ElementsAre(false, true));
  EXPECT_EQ(read.summary.cut_lines, 1);
}

TEST(LogLines, ZeroBytesAreCounted) {
  EXPECT_EQ(read_pieces({std::string("a\0b\0", 4)}).summary.nul_bytes, 2);
}

}  // namespace
}  // namespace calibram
