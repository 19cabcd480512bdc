// SPDX-License-Identifier: MIT
// Blocks of a CSV file: wherever they are cut, their records and lines are those of the whole file.
#include "src/core/csv_blocks.hpp"

#include "src/core/csv.hpp"
#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

/// "line: field|field" of every record, then the error if there is one.
std::vector<std::string> records_of(std::string_view text, std::int64_t line = 1) {
  std::vector<std::string> records;
  CsvParser parser{text, "x.csv", line};
  try {
    for (CsvRow row; parser.next(row);) {
      std::string record = std::to_string(row.line) + ":";
      for (const std::string_view field : row.fields) record.append(" ").append(field).append("|");
      records.push_back(record + (row.has_line_end ? "" : " cut"));
    }
  } catch (const InputError& error) {
    records.emplace_back(error.what());
  }
  return records;
}

std::vector<std::string> records_of_blocks(const std::filesystem::path& file, Bytes block_size) {
  std::vector<std::string> records;
  CsvBlocks blocks{file, block_size};
  while (const auto block = blocks.next())
    for (std::string& record : records_of(block->text, block->line)) {
      records.push_back(std::move(record));
      if (records.back().starts_with("x.csv:")) return records;  // nothing behind an error is read
    }
  return records;
}

TEST(CsvBlocks, TheRecordsAreTheSameWhereverTheFileIsCut) {
  const ScratchFolder folder;
  for (const std::string_view text :
       {"a,b\nc,d\ne,f\n", "a,b\r\nc,d\r\n\r\n\r\ne,f", "a\rb\r\rc\r", "a\r\rb\n\nc\r\n\rd\n",
        "h\n\"x\ny\r\n\"\"z\"\"\",1\n\"\"\"\"\n,\n\"\"\n\"a\rb\"\n", "h\n\"a,\nb\"\nc\n\"open\nd\n\ne",
        "h\na\nb\"c\nd\n\"e\nf\"\n", "h\n\"a\"b\nc\nd\n", "", "\n\n", "\r\n", "\""}) {
    const auto file = folder.write("x.csv", std::string{text});
    for (int size = 1; size <= 24; ++size)
      EXPECT_EQ(records_of_blocks(file, Bytes{size}), records_of(text)) << text << " in blocks of " << size;
  }
}

TEST(CsvBlocks, AByteOrderMarkIsNoPartOfTheFirstField) {
  const ScratchFolder folder;
  for (int size = 1; size <= 5; ++size)
    EXPECT_EQ(records_of_blocks(folder.write("x.csv", "\xef\xbb\xbfmodel\nx\n"), Bytes{size}),
              (std::vector<std::string>{"1: model|", "2: x|"}));
  EXPECT_TRUE(records_of_blocks(folder.write("x.csv", "\xef\xbb\xbf"), Bytes{4}).empty());
}

TEST(CsvBlocks, AQuoteLeftOpenDoesNotMakeABlockOfTheWholeFile) {
  const ScratchFolder folder;
  std::string text = "h\n\"open\n";
  while (text.size() < (8 << 20)) text += "0123456789,0123456789\n";
  CsvBlocks blocks{folder.write("x.csv", text)};
  EXPECT_EQ(blocks.next()->text, "h\n");
  const CsvBlock open = blocks.next().value();
  EXPECT_LT(open.text.size(), 4u << 20);
  EXPECT_THAT(records_of(open.text, open.line).back(), HasSubstr("x.csv:2: a record of more than 1 MiB"));
}

TEST(CsvBlocks, ARecordOfTheLargestSizeIsRead) {
  const ScratchFolder folder;
  const std::string largest_row(static_cast<std::size_t>(largest_csv_record.count()), 'a');
  EXPECT_EQ(records_of_blocks(folder.write("x.csv", "h\n" + largest_row + "\nb\n"), Bytes{1 << 16}),
            (std::vector<std::string>{"1: h|", "2: " + largest_row + "|", "3: b|"}));
  EXPECT_THAT(records_of_blocks(folder.write("x.csv", "h\n" + largest_row + "a\nb\n"), Bytes{1 << 16}).back(),
              HasSubstr("x.csv:2: a record of more than 1 MiB"));
}

TEST(CsvBlocks, OnlyARegularFileIsRead) {
  EXPECT_THAT(message_of<InputError>([] { CsvBlocks{"/dev/zero"}; }), HasSubstr("it is a device"));
}

}  // namespace
}  // namespace calibram
