// SPDX-License-Identifier: MIT
// CSV: quoting, physical lines, what is refused, and that writing and reading agree.
#include "src/core/csv.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Fields = std::vector<std::string>;

struct Record {
  std::int64_t line;
  Fields fields;
  bool has_line_end;
};

std::vector<Record> rows_of(std::string_view text) {
  std::vector<Record> rows;
  CsvParser parser{text, "x.csv"};
  for (CsvRow row; parser.next(row);)
    rows.push_back({row.line, {row.fields.begin(), row.fields.end()}, row.has_line_end});
  return rows;
}

std::string csv_error(std::string_view text) {
  return message_of<InputError>([&] { rows_of(text); });
}

TEST(Csv, AQuoteInsideAFieldIsDoubled) {
  EXPECT_EQ(csv_field("6\" disk"), "\"6\"\" disk\"");
  EXPECT_THAT(rows_of("\"6\"\" disk\",b\n").at(0).fields, ElementsAre("6\" disk", "b"));
}

TEST(Csv, QuotesOnlyWhatNeedsThem) {
  EXPECT_EQ(csv_field("attention=flash;x"), "attention=flash;x");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
  EXPECT_EQ(csv_field(" a"), "\" a\"");
  EXPECT_EQ(csv_field("a\t"), "\"a\t\"");
}

TEST(Csv, WhatIsWrittenReadsBack) {
  const std::vector<Fields> records = {{"", "", ""},           {""},
                                       {" ", "\t", "a b"},     {"\"", "\"\"", ","},
                                       {"a\r\nb", "\n", "\r"}, {"±", "≤", "日本"}};
  for (const Fields& fields : records) {
    const auto rows = rows_of(csv_record(fields) + "\n");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].fields, fields);
  }
}

TEST(Csv, ARecordKnowsThePhysicalLineOnWhichItBegins) {
  const auto rows = rows_of("h\n\"a\nb\nc\"\n\nd\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].line, 1);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[2].line, 6);
}

TEST(Csv, WindowsLineEndsAreAccepted) {
  const auto rows = rows_of("model,kv\r\nx,\"a\r\nb\"\r\ny,\r\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fields, ElementsAre("model", "kv"));
  EXPECT_THAT(rows[1].fields, ElementsAre("x", "a\r\nb"));
  EXPECT_THAT(rows[2].fields, ElementsAre("y", ""));
  EXPECT_EQ(rows[2].line, 4);
}

TEST(Csv, BlanksBelongToTheirField) {
  EXPECT_THAT(rows_of("a, b ,\tc\n").at(0).fields, ElementsAre("a", " b ", "\tc"));
}

TEST(Csv, TheLastRecordNeedsNoLineEndButSaysSo) {
  const auto rows = rows_of("a,b\nc,d");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].has_line_end);
  EXPECT_FALSE(rows[1].has_line_end);
  EXPECT_THAT(rows[1].fields, ElementsAre("c", "d"));
  EXPECT_TRUE(rows_of("").empty());
}

TEST(Csv, AnOpenQuoteIsAnErrorAtItsRecord) {
  EXPECT_EQ(csv_error("h\n\"a\nb\n"),
            "x.csv:2: a quoted field does not end (the file was cut, or a quote is missing); "
            "close the quote, or delete the record");
}

TEST(Csv, AQuoteOutOfPlaceIsAnErrorAtItsLine) {
  EXPECT_THAT(csv_error("h\na\nb\"c\n"), HasSubstr("x.csv:3: a quote is out of place"));
  EXPECT_THAT(csv_error("h\n\"a\"b\n"), HasSubstr("x.csv:2: a quote is out of place"));
}

TEST(Csv, AnOpenQuoteDoesNotSwallowALargeFile) {
  std::string text = "h\n\"open\n";
  for (int i = 0; i < 200'000; ++i) text += "0123456789\n";
  EXPECT_THAT(csv_error(text), HasSubstr("x.csv:2: a record of more than 1 MiB"));
  EXPECT_THAT(csv_error(std::string(2'000'000, 'a')), HasSubstr("x.csv:1: a record of more than 1 MiB"));
}

TEST(Csv, ABinaryFileIsNotCsv) {
  EXPECT_THAT(csv_error(std::string_view{"a,b\nGG\0UF\n", 10}), HasSubstr("x.csv:2: a zero byte"));
}

TEST(Csv, CarriageReturnsAloneEndLinesToo) {
  const auto rows = rows_of("h\rx,\"a\rb\"\r\ry\r");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[1].fields, ElementsAre("x", "a\rb"));
  EXPECT_EQ(rows[2].line, 5);
}

TEST(Csv, TheFirstFaultOfARecordCountsWhereItStands) {
  EXPECT_THAT(csv_error("h\n\"a\nb\" c\n"), HasSubstr("x.csv:3: a quote is out of place"));
  EXPECT_THAT(csv_error(std::string_view{"h\n\"a\n\0b\n", 8}), HasSubstr("x.csv:3: a zero byte"));
}

TEST(Csv, AParserGoesOnWhereAnotherStopped) {
  CsvParser first{"h\r\n\"a\nb\"\r\nc\n", "x.csv"};
  CsvRow row;
  ASSERT_TRUE(first.next(row) && first.next(row));
  CsvParser second{first.rest(), "x.csv", first.line()};
  ASSERT_TRUE(second.next(row));
  EXPECT_THAT(row.fields, ElementsAre("c"));
  EXPECT_EQ(row.line, 4);
  EXPECT_FALSE(second.next(row));
}

}  // namespace
}  // namespace calibram
