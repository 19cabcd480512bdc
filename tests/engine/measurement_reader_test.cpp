// SPDX-License-Identifier: MIT
// Reading measurement files: defaults, order, several threads, and every way a row can be wrong.
#include "tests/engine/measurement_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

TEST(MeasurementReader, EmptyFieldsHaveTheirDefaults) {
  const Measurement row = row_of("qwen2-7b,,bf16,bf16,,8,,,,,,,0,,,");
  EXPECT_EQ(row.runtime, "calibram");
  EXPECT_EQ(row.workload, (Workload{.batch = 1, .prompt = 8}));
  EXPECT_EQ(row.devices, 1);
  EXPECT_EQ(row.split, Split::none);
  EXPECT_EQ(row.metric, Metric::allocated);
  EXPECT_EQ(row.value, 0);
  EXPECT_EQ(row.resolution, std::nullopt);
  EXPECT_EQ(row.outcome, "");
}

TEST(MeasurementReader, ARuntimeHasOneSpelling) {
  EXPECT_EQ(row_of("m,llama.cpp@0.5.0,,,,8,,,,,,,1,,,").runtime, "llama.cpp@v0.5.0");
  EXPECT_EQ(row_of("m,llama.cpp@v0.5.0,,,,8,,,,,,,1,,,").runtime, "llama.cpp@v0.5.0");
}

TEST(MeasurementReader, AContextMayStandWithoutAPrompt) {
  const Measurement row = row_of("m,llama.cpp@2026-09-28,,f16,,,,512,,,,kv_cache,1,,,");
  EXPECT_EQ(row.workload.context_tokens(), 512);
  EXPECT_THAT(row_error("m,,,,,,,,,,,,1,,,"), HasSubstr("x.csv:2: prompt and context are empty"));
}

TEST(MeasurementReader, ColumnsMayStandInAnyOrderAmongOthers) {
  const auto rows = rows_of(
      "note,value,model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,"
      "resolution,device,source,\r\nhello,17,m,,,,2,8,,,,layers,,rss,,,,\r\n");
  EXPECT_EQ(rows.at(0).value, 17);
  EXPECT_EQ(rows.at(0).workload.batch, 2);
  EXPECT_EQ(rows.at(0).split, Split::layers);
  EXPECT_EQ(rows.at(0).metric, Metric::rss);
}

TEST(MeasurementReader, AnAbsentHeaderOrColumnIsNamed) {
  EXPECT_THAT(error_of(""), HasSubstr("the file is empty"));
  EXPECT_EQ(
      error_of("model,runtime,weights,kv,prompt,generate,context,devices,split,options,value,resolution,"
               "device,source\n"),
      "x.csv:1: the header lacks batch, metric (every measurements file has them, even if empty); "
      "add them, or name a measurements file");
  EXPECT_TRUE(rows_of(fixed_columns + "\n").empty());
}

TEST(MeasurementReader, AColumnMayNotStandTwice) {
  EXPECT_THAT(error_of(fixed_columns + ",batch\n"), HasSubstr("x.csv:1: column 'batch' is there twice"));
  EXPECT_THAT(error_of("note,note," + fixed_columns + "\n"), HasSubstr("column 'note' is there twice"));
}

TEST(MeasurementReader, ARowHasAsManyFieldsAsTheHeader) {
  EXPECT_THAT(row_error("m,,,,1,8"), HasSubstr("x.csv:2: 6 fields where the header has 16"));
  EXPECT_THAT(row_error("m,,,,1,8,,,,,,,1,,,,"), HasSubstr("x.csv:2: 17 fields where the header has 16"));
}

TEST(MeasurementReader, AFileThatWasCutSaysHowToRepairIt) {
  EXPECT_EQ(error_of(fixed_columns + "\nm,,,,1,8,,,,,,,1,,,\nm,,,,1,8,,,"),
            "x.csv:3: 9 fields where the header has 16 (the file was cut in its last line); "
            "run \"calibram measure --resume\", or delete the line");
  EXPECT_EQ(rows_of(fixed_columns + "\nm,,,,1,8,,,,,,,1,,,").size(), 1u)
      << "a whole last row may lack its end";
}

struct WrongField {
  std::string row, error;
};

class WrongFields : public testing::TestWithParam<WrongField> {};

TEST_P(WrongFields, AreNamedWithLineValueAndRule) {
  EXPECT_EQ(row_error(GetParam().row), "x.csv:2: " + GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    MeasurementReader, WrongFields,
    testing::Values(
        WrongField{"m,,,,n/a,8,,,,,,,1,,,", "batch is 'n/a' (must be an integer, 1 or more); correct it"},
        WrongField{"m,,,,0,8,,,,,,,1,,,", "batch is '0' (must be an integer, 1 or more); correct it"},
        WrongField{"m,,,,1,0,,,,,,,1,,,", "prompt is '0' (must be an integer, 1 or more); correct it"},
        WrongField{"m,,,,1,8,-1,,,,,,1,,,", "generate is '-1' (must be an integer, 0 or more); correct it"},
        WrongField{"m,,,,1,8,,1.5,,,,,1,,,", "context is '1.5' (must be an integer, 1 or more); correct it"},
        WrongField{"m,,,,1,8,,,0,,,,1,,,", "devices is '0' (must be an integer from 1 to 65536); correct it"},
        WrongField{"m,,,,1,8,,,,rows,,,1,,,",
                   "split is 'rows' (must be layers, tensor or empty); correct it"},
        WrongField{"m,,,,1,8,,,,,flash,,1,,,",
                   "options is 'flash' (must be key=value pairs joined by ';', each key once); correct it"},
        WrongField{"m,,,,1,8,,,,,,,-1,,,", "value is '-1' (must be an integer, 0 or more); correct it"},
        WrongField{"m,,,,1,8,,,,,,,1e9,,,", "value is '1e9' (must be an integer, 0 or more); correct it"},
        WrongField{"m,,,,1,8,,,,,,,99999999999999999999,,,",
                   "value is '99999999999999999999' (must be an integer, 0 or more); correct it"},
        WrongField{"m,,,,1,8,,,,,,,1,x,,", "resolution is 'x' (must be an integer, 0 or more); correct it"},
        WrongField{",,,,1,8,,,,,,,1,,,",
                   "model is empty (must be a catalogue name or the path of a model file); correct it"},
        WrongField{"m,,,,1,8,,,,,,,,,,",
                   "value is empty (a row without an outcome has one); add the value, or say the outcome"},
        WrongField{"m,,,,1,8,8,10,,,,,1,,,",
                   "context is 10 (must hold prompt + generate, 16 tokens); raise it, or leave it out"}));

TEST(MeasurementReader, AnUnknownMetricIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT(row_error("m,,,,1,8,,,,,,vram,1,,,"),
              HasSubstr("metric is 'vram' (must be one of weights, kv_cache, activation"));
}

TEST(MeasurementReader, ARowWithAnOutcomeNeedsNoValue) {
  const auto rows = rows_of(fixed_columns + ",outcome\nm,,,,1,8,,,,,,,,,,,killed\nm,,,,1,8,,,,,,,5,,,,ok\n");
  EXPECT_EQ(rows.at(0).value, std::nullopt);
  EXPECT_EQ(rows.at(0).outcome, "killed");
  EXPECT_EQ(rows.at(1).outcome, "");
}

TEST(MeasurementReader, LinesAreCountedAsAnEditorCountsThem) {
  const auto rows = rows_of(fixed_columns + "\nm,,,,1,8,,,,,,,1,,,\"two\nlines\"\nm,,,,1,8,,,,,,,1,,,\n");
  EXPECT_EQ(rows.at(0).line, 2);
  EXPECT_EQ(rows.at(1).line, 4);
}

/// Rows enough for several blocks, with quotes, commas and line breaks in their sources.
std::string large_file(int rows) {
  std::string text = fixed_columns + ",note\n";
  for (int i = 0; i < rows; ++i)
    text += "m,,,,1," + std::to_string(i + 1) + ",,,,,ubatch=" + std::to_string(i % 3) + ",," +
            std::to_string(i) + ",,d,\"said \"\"" + std::string(static_cast<std::size_t>(i % 50), 'x') +
            "\"\",\nthen left\",\n";
  return text;
}

std::vector<Measurement> rows_by(unsigned threads, const std::filesystem::path& file) {
  std::vector<Measurement> rows;
  read_measurements(
      file, [&](Measurement row) { rows.push_back(std::move(row)); }, threads);
  return rows;
}

TEST(MeasurementReader, RowsLinesAndOrderAreTheSameForAnyNumberOfThreads) {
  const ScratchFolder folder;
  const int count = 60'000;  // 5 MiB
  const auto file = folder.write("x.csv", large_file(count));
  for (const unsigned threads : {1U, 2U, 5U}) {
    const auto rows = rows_by(threads, file);
    ASSERT_EQ(rows.size(), std::size_t{count});
    for (int i = 0; i < count; ++i) {
      const Measurement& row = rows[static_cast<std::size_t>(i)];
      ASSERT_EQ(row.value, i) << threads;
      ASSERT_EQ(row.line, 2 * i + 2);
      ASSERT_EQ(row.workload.prompt, i + 1);
      ASSERT_EQ(row.options, (Options{{"ubatch", std::to_string(i % 3)}}));
      ASSERT_TRUE(row.source.str().starts_with("said \"") && row.source.str().ends_with("\",\nthen left"));
    }
  }
}

TEST(MeasurementReader, TheFirstFaultOfAFileIsNamedForAnyNumberOfThreads) {
  const ScratchFolder folder;
  const std::string good = large_file(40'000);
  const auto file =
      folder.write("x.csv", good + "m,,,,1,8,,,,,,,n/a,,,,\n" + good + "m,,,,0\n\"open\n" + good);
  for (const unsigned threads : {1U, 2U, 5U})
    EXPECT_THAT(message_of<InputError>([&] { rows_by(threads, file); }),
                HasSubstr("x.csv:80002: value is 'n/a'"));
}

TEST(MeasurementReader, RowsOfSeveralFilesFollowEachOther) {
  const ScratchFolder folder;
  const std::vector<std::string> files = {
      folder.write("a.csv", fixed_columns + "\nm,,,,1,8,,,,,,,1,,,\nm,,,,1,8,,,,,,,2,,,\n").string(),
      folder.write("b.csv", fixed_columns + "\n").string(),
      folder.write("c.csv", fixed_columns + "\nm,,,,1,8,,,,,,,3,,,\n").string()};
  const auto rows = read_measurements(files);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].value, 1);
  EXPECT_EQ(rows[1].value, 2);
  EXPECT_EQ(rows[2].value, 3);
  EXPECT_EQ(rows[2].file, files[2]);
}

TEST(MeasurementReader, TheHeaderMayBeAloneBehindBlankLinesAndAByteOrderMark) {
  EXPECT_TRUE(rows_of("\xef\xbb\xbf" + fixed_columns).empty());
  const auto rows = rows_of("\xef\xbb\xbf\r\n\r\n" + fixed_columns + "\r\n\r\nm,,,,1,8,,,,,,,1,,,\r\n");
  EXPECT_EQ(rows.at(0).line, 5);
  EXPECT_THAT(error_of("\n\n"), HasSubstr("the file is empty"));
}

}  // namespace
}  // namespace calibram
