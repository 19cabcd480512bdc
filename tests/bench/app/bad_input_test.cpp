// SPDX-License-Identifier: MIT
// Bad input of every kind: one clear line on standard error, nothing on standard output, the right status.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace calibram {
namespace {

struct Case {
  std::vector<std::string> arguments;
  std::string line;
};

void expect_refusal(const Program& program, const Case& bad, int status = 2) {
  const Outcome outcome = program.run(bad.arguments);
  EXPECT_EQ(outcome.status, status) << bad.line;
  EXPECT_EQ(outcome.out, "") << bad.line;
  EXPECT_EQ(outcome.err, "calibram: " + bad.line + "\n");
}

TEST(BadInput, AMistypedCommandLineIsExplained) {
  const Program program;
  const std::string help = "; run \"calibram estimate --help\" for what is possible";
  for (const Case& bad : {
           Case{{}, "the verb is missing; run \"calibram --help\" for what is possible"},
           Case{{"estmate", "qwen2-7b"},
                "unknown verb 'estmate' (did you mean 'estimate'?); run \"calibram --help\" for the list"},
           Case{{"estimate"}, "MODEL is missing" + help},
           Case{{"estimate", "qwen2-7b", "--foo"}, "unknown flag '--foo'" + help},
           Case{{"estimate", "qwen2-7b", "--wieghts", "int8"},
                "unknown flag '--wieghts' (did you mean '--weights'?)" + help},
           Case{{"estimate", "qwen2-7b", "extra"}, "unexpected argument 'extra'" + help},
           Case{{"estimate", "qwen2-7b", "--batch"}, "--batch has no value; give one, or drop the flag"},
           Case{{"estimate", "qwen2-7b", "--batch", ""}, "--batch is empty; give it a value, or drop it"},
           Case{{"estimate", "qwen2-7b", "--batch", "1", "--batch", "2"},
                "--batch is given more than once; give it once"},
       })
    expect_refusal(program, bad);
}

TEST(BadInput, FlagsThatExcludeEachOtherNameBoth) {
  const Program program;
  program.folder().write("x.csv", "");
  for (const Case& bad : {
           Case{{"estimate", "qwen2-7b", "--profile", "p.json", "--estimator", "theory"},
                "--profile and --estimator theory exclude each other (only 'calibrated' uses a profile); "
                "drop one"},
           Case{{"estimate", "qwen2-7b", "--split", "layers"},
                "--split needs more than one device (one device holds the whole model); add --devices, or "
                "drop it"},
           Case{{"measure", "qwen2-0.5b", "--quick", "--device", "host"},
                "MODEL and --quick exclude each other (either one point or a plan is measured); drop one"},
           Case{
               {"measure", "--weights", "int8", "--device", "host"},
               "--weights needs a MODEL (the built-in plan has its own workloads); name a model, or drop it"},
           Case{{"measure", "7B", "--device", "host"},
                "cannot measure '7B' (a size has no layers); name a model"},
           Case{{"estimate", "qwen2-7b", "--context", "10", "--prompt", "8", "--generate", "8"},
                "context is 10 (must hold prompt + generate, 16 tokens); raise it, or leave it out"},
       })
    expect_refusal(program, bad);
}

TEST(BadInput, NumbersThatAreNoneAreRefusedByEveryFlag) {
  const Program program;
  const std::pair<const char*, const char*> rules[] = {{"batch", "an integer, 1 or more"},
                                                       {"prompt", "an integer, 1 or more"},
                                                       {"generate", "an integer, 0 or more"},
                                                       {"context", "an integer, 1 or more"},
                                                       {"devices", "an integer from 1 to 65536"}};
  for (const auto& [flag, rule] : rules)
    for (const std::string text : {"-1", "1e309", "99999999999999999999", "1.5", "nan", "0x10", " 1"})
      expect_refusal(
          program, {{"estimate", "qwen2-7b", "--" + std::string{flag}, text},
                    "invalid --" + std::string{flag} + " '" + text + "' (must be " + rule + "); correct it"});
  for (const std::string text : {"-1", "0", "1e309", "99999999999999999999", "24XB", "nan"})
    expect_refusal(program,
                   {{"estimate", "qwen2-7b", "--capacity", text},
                    "invalid --capacity '" + text +
                        "' (must be a positive size below 8 EiB); write 24GiB, 80GB or a number of bytes"});
}

TEST(BadInput, WhatOverflowsIsRefusedWithoutAWrongAnswer) {
  const Program program;
  for (const char* flag : {"--batch", "--prompt", "--context"})
    expect_refusal(program,
                   {{"estimate", "qwen2-7b", flag, "9223372036854775807"},
                    "theory cannot answer this: a byte count does not fit 64 bits (more than 8 EiB); check "
                    "the sizes in the model and the workload"});
}

TEST(BadInput, UnknownNamesComeWithTheNearestOnes) {
  const Program program;
  for (const Case& bad : {
           Case{{"estimate", "lama-3-8b-x"},
                "unknown model 'lama-3-8b-x' (did you mean 'llama-3-8b'?); run `calibram models` for the "
                "list, or give the path of a model's file or folder"},
           Case{{"estimate", "qwen2-7bb"},
                "unknown model 'qwen2-7bb' (did you mean 'qwen2-7b' or 'qwen2-72b' or 'qwen2-0.5b'?); run "
                "`calibram "
                "models` for the list, or give the path of a model's file or folder"},
           Case{{"estimate", "qwen2-7b", "--kv", "foo"},
                "unknown KV cache format 'foo'; the known ones are fp32, bf16, fp16, fp8, int8, q8_0, q4_0, "
                "q4_1, q5_0, q5_1, iq4_nl"},
           Case{{"estimate", "qwen2-7b", "--runtime", "transformers@99"},
                "runtime transformers@99 is not known (known versions: 4.31 to "
                "5.0); name "
                "a version in that range"},
           Case{{"estimate", "qwen2-7b", "--estimator", "teory"},
                "unknown estimator 'teory' (did you mean 'theory'?); the known ones are rule-1.2, "
                "rule-per-token, "
                "rule-kv, rule-terms, theory, calibrated"},
           Case{{"estimate", "qwen2-7b", "--estimator", "calibrated"},
                "there is no profile to calibrate with (this machine has none and --profile names none); run "
                "\"calibram calibrate\", or name one with --profile"},
       })
    expect_refusal(program, bad);
}

TEST(BadInput, AModelFileThatIsNoneIsRefused) {
  const Program program;
  program.folder().write("x.gguf", "GGUF");
  program.folder().write("x.safetensors", std::string{"\2\0\0\0\0\0\0\0{}", 10});
  program.folder().write("cut.json", "{\"model_type\":");
  program.folder().write("array.json", "[]");
  program.folder().write("huge.json", std::string(17 << 20, ' '));
  for (const Case& bad : {
           Case{{"estimate", "x.gguf"},
                "cannot read 'x.gguf' (byte 4: 4 bytes are needed here, and the file has 4 in all); download "
                "or convert it again"},
           Case{{"measure", "gpt-oss-20b", "--prompt", "8"},
                "cannot run weights=mxfp4 (packed weights are only counted); use fp32, fp16, bf16 or int8"},
           Case{{"estimate", "none.gguf"}, "cannot read 'none.gguf' (no such file); check the path"},
           Case{
               {"estimate", "x.safetensors"},
               "cannot tell the architecture of 'x.safetensors' (there is no config.json beside it); put the "
               "publisher's config.json into its folder"},
           Case{{"estimate", "none/config.json"},
                "cannot read 'none/config.json' (no such file); check the path"},
           Case{{"estimate", "array.json"},
                "array.json: $ is an array (must be an object, as a config.json is); correct it"},
           Case{{"estimate", "huge.json"},
                "cannot read 'huge.json' (larger than the limit of 16.00 MiB); check that it is the file you "
                "mean"},
           Case{{"estimate", "70B", "--estimator", "theory"},
                "theory cannot answer this: a bare size has no layers to count; name a model or its "
                "config.json"},
       })
    expect_refusal(program, bad);
  const Outcome cut = program.run({"estimate", "cut.json", "--json"});
  EXPECT_EQ(cut.status, 2);
  EXPECT_EQ(cut.out, "") << "an error is text on standard error, with --json too";
  EXPECT_THAT(cut.err, testing::StartsWith("calibram: cut.json:1: not valid JSON ("));
  EXPECT_EQ(std::count(cut.err.begin(), cut.err.end(), '\n'), 1);
}

TEST(BadInput, AProfileThatIsNoneIsRefused) {
  const Program program;
  program.folder().write("other.json", "{\"schema\":99}");
  program.folder().write("cut.json", "{\"schema\":1}");
  for (const Case& bad : {
           Case{{"estimate", "qwen2-7b", "--profile", "other.json"},
                "other.json: profile schema 99 is not known (this program reads 1); make the profile anew "
                "with "
                "`calibram calibrate` or `calibram fit`"},
           Case{{"estimate", "qwen2-7b", "--profile", "cut.json"},
                "cut.json: $.device is missing (must be an object); add it"},
           Case{{"estimate", "qwen2-7b", "--profile", "none.json"},
                "cannot read 'none.json' (no such file); check the path"},
       })
    expect_refusal(program, bad);
}

constexpr std::string_view header =
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

TEST(BadInput, AMeasurementsFileThatIsNoneIsRefusedByEveryVerbThatReadsOne) {
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

TEST(BadInput, AFileOfAnotherKindIsNoMeasurementsFile) {
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
  for (const char c : header) wide += {c, '\0'};
  folder.write("wide.csv", wide);
  expect_refused_file(program, "wide.csv", "wide.csv:" + zero);
  folder.write("x.csv.gz", std::string_view{"\x1f\x8b\x08\0\0\0\0\0\0\x03zip", 13});
  expect_refused_file(program, "x.csv.gz", "x.csv.gz:" + zero);
  folder.write("one_line.csv", std::string(4 << 20, 'x'));
  expect_refused_file(program, "one_line.csv",
                      "one_line.csv:1: a record of more than 1 MiB (a quote is left open, or this is no CSV "
                      "file); close the quote, or name a CSV file");
}

TEST(BadInput, AFaultInAMeasurementsFileIsNamedWithItsLine) {
  const std::string good = "qwen2-7b,,,,,9,,,,,,,5,,d,s\n";
  const std::string repair = "run \"calibram measure --resume\", or delete the line";
  const Program program;
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {std::string{header} + "qwen2-7b,,,,,9,,,,,,,-5,,d,s\n",
            "2: value is '-5' (must be an integer, 0 or more); correct it"},
           {std::string{header} + good + "qwen2-7b,,,,,9,,,,,,,123456789012345678901234567890,,d,s\n",
            "3: value is '123456789012345678901234567890' (must be an integer, 0 or more); correct it"},
           {std::string{header} + good + "qwen2-7b,,,",
            "3: 4 fields where the header has 16 (the file was cut in its last line); " + repair},
           {std::string{header} + good + "qwen2-7b,,,,,9,,,,,,,5,,d,\"half a\nsource",
            "3: a quoted field does not end (the file was cut, or a quote is missing); close the quote, or "
            "delete the record"},
           {std::string{header} + good + "qwen2-7b,,,,,9,,,,,,,5,,d,s,more\n" + good,
            "3: 17 fields where the header has 16 (a comma is missing or not quoted); correct the line"},
           {std::string{header.substr(0, header.size() - 1)} + ",device\n",
            "1: column 'device' is there twice (which one counts would be a guess); drop one of them"},
           {std::string{header.substr(0, header.find(",resolution"))} + "\n",
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

TEST(BadInput, LineEndsColumnOrderAndAByteOrderMarkChangeNothing) {
  const Program program;
  std::string rows = std::string{header} + "qwen2-7b,,bf16,bf16,,9,,,,,,,16000000000,,d,s\n";
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

TEST(BadInput, RowsThatCannotBeFittedSayWhyInOneLine) {
  const Program program;
  const std::string line = "qwen2-7b,,,,,9,,,,,,,";
  program.folder().write("two.csv", std::string{header} + line + "5,,d,s\n" + line + "5,,e,s\n");
  program.folder().write("zero.csv", std::string{header} + line + "0,,d,s\n");
  program.folder().write("one.csv", std::string{header} + line + "5,,d,s\n");
  for (const Case& bad : {
           Case{{"fit", "two.csv", "-o", "profile.json"},
                "cannot write the profiles of 2 devices into one file (two.csv:2 is of 'd', two.csv:3 of "
                "'e'); "
                "name a folder with --out instead"},
           Case{{"fit", "zero.csv"},
                "nothing can be fitted (left out: a measured value of 0 is none); measure more, or name "
                "other files"},
           Case{{"evaluate", "zero.csv"},
                "there is no measured row to evaluate (1 rows, none with a value above 0); name another CSV"},
           Case{{"evaluate", "one.csv", "--leave-one-model-out", "--profile", "p.json"},
                "--leave-one-model-out and --profile exclude each other (it fits anew and uses no profile); "
                "drop one"},
       })
    expect_refusal(program, bad);
}

TEST(BadInput, AnOutputThatCannotBeWrittenIsNamed) {
  const Program program;
  program.folder().write("file", "");
  expect_refusal(program, {{"measure", "--out", "file"},
                           "cannot write into 'file' (it is no folder); name a folder with --out"});
  expect_refusal(program,
                 {{"measure", "--out", "file/x"},
                  "cannot make the folder 'file/x' (Not a directory); name another one with --out"},
                 1);
  EXPECT_EQ(program.folder().read("file"), "");
}

}  // namespace
}  // namespace calibram
