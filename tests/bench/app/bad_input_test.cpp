// SPDX-License-Identifier: MIT
// Bad input of every kind: one clear line on standard error, nothing on standard output, the right status.
#include "tests/bench/app/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace calibram {
namespace {

TEST(BadInput, AMistypedCommandLineIsExplained) {
  const Program program;
  const std::string help = "; run \"calibram estimate --help\" for what is possible";
  for (const Refusal& bad : {
           Refusal{{}, "the verb is missing; run \"calibram --help\" for what is possible"},
           Refusal{{"estmate", "qwen2-7b"},
                   "unknown verb 'estmate' (did you mean 'estimate'?); run \"calibram --help\" for the list"},
           Refusal{{"estimate"}, "MODEL is missing" + help},
           Refusal{{"estimate", "qwen2-7b", "--foo"}, "unknown flag '--foo'" + help},
           Refusal{{"estimate", "qwen2-7b", "--wieghts", "int8"},
                   "unknown flag '--wieghts' (did you mean '--weights'?)" + help},
           Refusal{{"estimate", "qwen2-7b", "extra"}, "unexpected argument 'extra'" + help},
           Refusal{{"estimate", "qwen2-7b", "--batch"}, "--batch has no value; give one, or drop the flag"},
           Refusal{{"estimate", "qwen2-7b", "--batch", ""}, "--batch is empty; give it a value, or drop it"},
           Refusal{{"estimate", "qwen2-7b", "--batch", "1", "--batch", "2"},
                   "--batch is given more than once; give it once"},
       })
    expect_refusal(program, bad);
}

TEST(BadInput, FlagsThatExcludeEachOtherNameBoth) {
  const Program program;
  program.folder().write("x.csv", "");
  for (const Refusal& bad : {
           Refusal{{"estimate", "qwen2-7b", "--profile", "p.json", "--estimator", "theory"},
                   "--profile and --estimator theory exclude each other (only 'calibrated' uses a profile); "
                   "drop one"},
           Refusal{{"estimate", "qwen2-7b", "--split", "layers"},
                   "--split needs more than one device (one device holds the whole model); add --devices, or "
                   "drop it"},
           Refusal{{"measure", "qwen2-0.5b", "--quick", "--device", "host"},
                   "MODEL and --quick exclude each other (either one point or a plan is measured); drop one"},
           Refusal{
               {"measure", "--weights", "int8", "--device", "host"},
               "--weights needs a MODEL (the built-in plan has its own workloads); name a model, or drop it"},
           Refusal{{"measure", "7B", "--device", "host"},
                   "cannot measure '7B' (a size has no layers); name a model"},
           Refusal{{"estimate", "qwen2-7b", "--context", "10", "--prompt", "8", "--generate", "8"},
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
  for (const Refusal& bad : {
           Refusal{{"estimate", "lama-3-8b-x"},
                   "unknown model 'lama-3-8b-x' (did you mean 'llama-3-8b'?); run `calibram models` for the "
                   "list, or give the path of a model's file or folder"},
           Refusal{{"estimate", "qwen2-7bb"},
                   "unknown model 'qwen2-7bb' (did you mean 'qwen2-7b' or 'qwen2-72b' or 'qwen2-0.5b'?); run "
                   "`calibram "
                   "models` for the list, or give the path of a model's file or folder"},
           Refusal{
               {"estimate", "qwen2-7b", "--kv", "foo"},
               "unknown KV cache format 'foo'; the known ones are fp32, bf16, fp16, fp8, int8, q8_0, q4_0, "
               "q4_1, q5_0, q5_1, iq4_nl"},
           Refusal{{"estimate", "qwen2-7b", "--runtime", "transformers@99"},
                   "runtime transformers@99 is not known (known versions: 4.31 to "
                   "5.0); name "
                   "a version in that range"},
           Refusal{{"estimate", "qwen2-7b", "--estimator", "teory"},
                   "unknown estimator 'teory' (did you mean 'theory'?); the known ones are rule-1.2, "
                   "rule-per-token, "
                   "rule-kv, rule-terms, theory, calibrated"},
           Refusal{
               {"estimate", "qwen2-7b", "--estimator", "calibrated"},
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
  for (const Refusal& bad : {
           Refusal{
               {"estimate", "x.gguf"},
               "cannot read 'x.gguf' (byte 4: 4 bytes are needed here, and the file has 4 in all); download "
               "or convert it again"},
           Refusal{
               {"measure", "gpt-oss-20b", "--prompt", "8"},
               "cannot run weights=mxfp4 (packed weights are only counted); use fp32, fp16, bf16 or int8"},
           Refusal{{"estimate", "none.gguf"}, "cannot read 'none.gguf' (no such file); check the path"},
           Refusal{
               {"estimate", "x.safetensors"},
               "cannot tell the architecture of 'x.safetensors' (there is no config.json beside it); put the "
               "publisher's config.json into its folder"},
           Refusal{{"estimate", "none/config.json"},
                   "cannot read 'none/config.json' (no such file); check the path"},
           Refusal{{"estimate", "array.json"},
                   "array.json: $ is an array (must be an object, as a config.json is); correct it"},
           Refusal{
               {"estimate", "huge.json"},
               "cannot read 'huge.json' (larger than the limit of 16.00 MiB); check that it is the file you "
               "mean"},
           Refusal{{"estimate", "70B", "--estimator", "theory"},
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
  for (const Refusal& bad : {
           Refusal{{"estimate", "qwen2-7b", "--profile", "other.json"},
                   "other.json: profile schema 99 is not known (this program reads 1); make the profile anew "
                   "with "
                   "`calibram calibrate` or `calibram fit`"},
           Refusal{{"estimate", "qwen2-7b", "--profile", "cut.json"},
                   "cut.json: $.device is missing (must be an object); add it"},
           Refusal{{"estimate", "qwen2-7b", "--profile", "none.json"},
                   "cannot read 'none.json' (no such file); check the path"},
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
  expect_refusal(program,
                 {{"measure", "--out", "/proc/x"},
                  "cannot make the folder '/proc/x' (no folder can be made there); name another one with "
                  "--out"},
                 1);
  const std::string log = CALIBRAM_SOURCE_DIR "/tests/bench/import/logs/llama_cpp_v0_5.log";
  for (const auto& [output, reason] :
       {std::pair{"/proc/x.csv", "no file can be made there"}, {"none/x.csv", "its folder does not exist"}}) {
    const Outcome imported = program.run({"import", "llama.cpp", log, "-o", output});
    EXPECT_EQ(imported.status, 2);
    EXPECT_THAT(imported.err, testing::EndsWith("calibram: cannot append to '" + std::string{output} + "' (" +
                                                reason + "); name another file\n"));
  }
  EXPECT_EQ(program.folder().read("file"), "");
}

}  // namespace
}  // namespace calibram
