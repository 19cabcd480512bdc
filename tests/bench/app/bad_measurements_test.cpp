// SPDX-License-Identifier: MIT
// Measurements files that are none, and what changes nothing in one: the same for every verb that reads them.
#include "tests/bench/app/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calibram {
namespace {

constexpr std::string_view fixed_header =
    "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
    "device,"
    "source\n";

/// Every verb that reads measurements says the same of them.
void expect_refused_file(const Program& program, const std::string& file, const std::string& line) {
  expect_refusal(program, {{"fit", file}, line});
  expect_refusal(program, {{"evaluate", file}, line});
  expect_refusal(program,
                 {{"check", file, "--profile", CALIBRAM_SOURCE_DIR "/results/amd-epyc/profile.json"}, line});
}

TEST(BadMeasurements, AMeasurementsFileThatIsNoneIsRefusedByEveryVerbThatReadsOne) {
  const Program program;
  const ScratchFolder& folder = program.folder();
  expect_refused_file(program, "none.csv", "cannot read 'none.csv' (no such file); check the path");
  expect_refused_file(program, ".", "cannot read '.' (it is a folder); name a regular file");
  expect_refused_file(program, "/dev/zero", "cannot read '/dev/zero' (it is a device); name a regular file");
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  expect_refused_file(program, "pipe", "cannot read 'pipe' (it is a pipe); name a regular file");
  const std::string empty =
      ": no measurements (the file is empty, not even a header is there); name a measurements file";
  folder.write("empty.csv", "");
  folder.write("blank.csv", "\xef\xbb\xbf\r\n\r\n");
  expect_refused_file(program, "empty.csv", "empty.csv" + empty);
  expect_refused_file(program, "blank.csv", "blank.csv" + empty);
}

TEST(BadMeasurements, AFileOfAnotherKindIsNoMeasurementsFile) {
  const Program program;
  const ScratchFolder& folder = program.folder();
  const std::string all_missing =
      "1: the header lacks model, runtime, weights, kv, batch, prompt, generate, context, devices, split, "
      "options, metric, value, resolution, device, source (every measurements file has them, even if empty); "
      "add them, or name a measurements file";
  folder.write("people.csv", "name,age\nAda,36\n");
  expect_refused_file(program, "people.csv", "people.csv:" + all_missing);
  folder.write("profile.json", "{\n  \"schema\": 1\n}\n");
  expect_refused_file(program, "profile.json", "profile.json:" + all_missing);
  const std::string zero = "1: a zero byte in the text (a binary file, or UTF-16); name a CSV file in UTF-8";
  std::string wide = "\xff\xfe";
  for (const char c : fixed_header) wide += {c, '\0'};
  folder.write("wide.csv", wide);
  expect_refused_file(program, "wide.csv", "wide.csv:" + zero);
  folder.write("x.csv.gz", std::string_view{"\x1f\x8b\x08\0\0\0\0\0\0\x03zip", 13});
  expect_refused_file(program, "x.csv.gz", "x.csv.gz:" + zero);
  folder.write("one_line.csv", std::string(4 << 20, 'x'));
  expect_refused_file(program, "one_line.csv",
                      "one_line.csv:1: a record of more than 1 MiB (a quote is left open, or this is no CSV "
                      "file); close the quote, or name a CSV file");
}

TEST(BadMeasurements, AFaultInAMeasurementsFileIsNamedWithItsLine) {
  const std::string good = "qwen2-7b,,,,,9,,,,,,,5,,d,s\n";
  const std::string repair = "run \"calibram measure --resume\", or delete the line";
  const Program program;
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {std::string{fixed_header} + "qwen2-7b,,,,,9,,,,,,,-5,,d,s\n",
            "2: value is '-5' (must be an integer, 0 or more); correct it"},
           {std::string{fixed_header} + good + "qwen2-7b,,,,,9,,,,,,,123456789012345678901234567890,,d,s\n",
            "3: value is '123456789012345678901234567890' (must be an integer, 0 or more); correct it"},
           {std::string{fixed_header} + good + "qwen2-7b,,,",
            "3: 4 fields where the header has 16 (the file was cut in its last line); " + repair},
           {std::string{fixed_header} + good + "qwen2-7b,,,,,9,,,,,,,5,,d,\"half a\nsource",
            "3: a quoted field does not end (the file was cut, or a quote is missing); close the quote, or "
            "delete the record"},
           {std::string{fixed_header} + good + "qwen2-7b,,,,,9,,,,,,,5,,d,s,more\n" + good,
            "3: 17 fields where the header has 16 (a comma is missing or not quoted); correct the line"},
           {std::string{fixed_header.substr(0, fixed_header.size() - 1)} + ",device\n",
            "1: column 'device' is there twice (which one counts would be a guess); drop one of them"},
           {std::string{fixed_header.substr(0, fixed_header.find(",resolution"))} + "\n",
            "1: the header lacks resolution, device, source (every measurements file has them, even if "
            "empty); add them, or name a measurements file"}}) {
    program.folder().write("x.csv", text);
    expect_refused_file(program, "x.csv", "x.csv:" + line);
  }
}

/// What evaluate says of a file with these rows, and nothing on standard error.
std::string evaluated(const Program& program, const std::string& text) {
  program.folder().write("x.csv", text);
  const Outcome outcome = program.run({"evaluate", "x.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

TEST(BadMeasurements, LineEndsColumnOrderAndAByteOrderMarkChangeNothing) {
  const Program program;
  std::string rows = std::string{fixed_header} + "qwen2-7b,,bf16,bf16,,9,,,,,,,16000000000,,d,s\n";
  const std::string plain = evaluated(program, rows);
  EXPECT_EQ(evaluated(program, "\xef\xbb\xbf" + rows), plain);
  EXPECT_EQ(evaluated(program, rows.substr(0, rows.size() - 1)), plain);
  for (const std::string end : {"\r\n", "\r"}) {
    std::string other;
    for (const char c : rows) other += c == '\n' ? end : std::string{c};
    EXPECT_EQ(evaluated(program, other), plain);
  }
  EXPECT_EQ(
      evaluated(program,
                "note,value,source,device,resolution,metric,options,split,devices,context,generate,prompt,"
                "batch,kv,weights,runtime,model\nhello,16000000000,s,d,,,,,,,,9,,bf16,bf16,,qwen2-7b\n"),
      plain);
}

TEST(BadMeasurements, RowsThatCannotBeFittedSayWhyInOneLine) {
  const Program program;
  const std::string line = "qwen2-7b,,,,,9,,,,,,,";
  program.folder().write("two.csv", std::string{fixed_header} + line + "5,,d,s\n" + line + "5,,e,s\n");
  program.folder().write("zero.csv", std::string{fixed_header} + line + "0,,d,s\n");
  program.folder().write("one.csv", std::string{fixed_header} + line + "5,,d,s\n");
  for (const Refusal& bad : {
           Refusal{{"fit", "two.csv", "-o", "profile.json"},
                   "cannot write the profiles of 2 devices into one file (two.csv:2 is of 'd', two.csv:3 of "
                   "'e'); "
                   "name a folder with --out instead"},
           Refusal{{"fit", "zero.csv"},
                   "nothing can be fitted (left out: a measured value of 0 is none); measure more, or name "
                   "other files"},
           Refusal{
               {"evaluate", "zero.csv"},
               "there is no measured row to evaluate (1 rows, none with a value above 0); name another CSV"},
           Refusal{
               {"evaluate", "one.csv", "--leave-one-model-out", "--profile", "p.json"},
               "--leave-one-model-out and --profile exclude each other (it fits anew and uses no profile); "
               "drop one"},
       })
    expect_refusal(program, bad);
}

}  // namespace
}  // namespace calibram
