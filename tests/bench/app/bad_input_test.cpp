// SPDX-License-Identifier: MIT
// Bad input of every kind: one clear line on standard error, nothing on standard output, the right status.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

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

TEST(BadInput, AMeasurementsFileThatIsNoneIsRefusedByEveryVerbThatReadsOne) {
  const Program program;
  program.folder().write("empty.csv", "");
  program.folder().write("negative.csv", std::string{header} + "qwen2-7b,,,,,9,,,,,,,-5,,d,s\n");
  program.folder().write("cut.csv", std::string{header} + "qwen2-7b,,,,,9,,,,,,,5,,d,s\nqwen2-7b,,,");
  for (const char* verb : {"fit", "evaluate"}) {
    expect_refusal(program, {{verb, "none.csv"}, "cannot read 'none.csv' (no such file); check the path"});
    expect_refusal(program, {{verb, "."}, "cannot read '.' (it is a folder); name a regular file"});
    expect_refusal(program,
                   {{verb, "empty.csv"},
                    "empty.csv: no measurements (the file is empty, not even a header is there); name a "
                    "measurements file"});
    expect_refusal(program, {{verb, "negative.csv"},
                             "negative.csv:2: value is '-5' (must be an integer, 0 or more); correct it"});
    expect_refusal(program,
                   {{verb, "cut.csv"},
                    "cut.csv:3: 4 fields where the header has 16 (the file was cut in its last line); run "
                    "\"calibram measure --resume\", or delete the line"});
  }
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
