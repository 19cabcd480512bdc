// SPDX-License-Identifier: MIT
// calibram import: rows on standard output, everything else on standard error, and the right status.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Lines of vllm 0.19 (vllm/v1/engine/core.py, vllm/v1/worker/gpu_worker.py).
const std::string engine =
    "INFO [core.py:105] Initializing a V1 LLM engine (v0.19.0) with config: model='Qwen/Qwen2-7B', "
    "dtype=torch.bfloat16, max_seq_len=8192, tensor_parallel_size=1, quantization=None, kv_cache_dtype=auto, "
    "s=0\n";
const std::string numbers =
    "INFO [gpu_model_runner.py:1] Model loading took 14.25 GiB memory and 3.0 seconds\n"
    "INFO [gpu_worker.py:1] Available KV cache memory: 58.11 GiB\n";

TEST(Import, RowsAreTheResultAndNotesAreNot) {
  const Program program;
  program.folder().write("a.log", engine + numbers);
  const Outcome outcome = program.run({"import", "vllm", "a.log", "--device", "H100 80GB"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("model,runtime,weights,kv,"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3);
  EXPECT_THAT(outcome.err, StartsWith("note: a.log:1-3: "));
}

TEST(Import, RowsOfAFileCanBeEvaluated) {
  const Program program;
  program.folder().write("a.log", engine + numbers);
  EXPECT_EQ(program.run({"import", "vllm", "a.log", "-o", "rows.csv", "--device", "H100 80GB"}).status, 0);
  const Outcome outcome = program.run({"evaluate", "rows.csv", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["rows"][0]["measured"], 15300820992);
}

TEST(Import, MeasurementsAreNotOverwritten) {
  const Program program;
  program.folder().write("a.log", engine + numbers);
  const Outcome outcome = program.run({"import", "vllm", "a.log", "-o", "a.log"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(program.folder().read("a.log"), engine + numbers);
}

TEST(Import, JsonIsOneDocument) {
  const Program program;
  program.folder().write("a.log", engine + "INFO \xff\xfe\n" + numbers);
  const Outcome outcome = program.run({"import", "vllm", "a.log", "--json"});
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document["rows"][0]["value"], 15300820992);
  EXPECT_FALSE(document["rows"][0].contains("outcome")) << "what is empty is left out";
  EXPECT_FALSE(document["notes"].empty());
}

TEST(Import, OneBadFileDoesNotKeepTheOthers) {
  const Program program;
  program.folder().write("a.log", engine + numbers);
  program.folder().write("b.log", "nothing\n");
  const Outcome outcome = program.run({"import", "vllm", "b.log", "a.log"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("note: cannot import 'b.log' as vllm (none of its 1 lines"));
  EXPECT_EQ(program.run({"import", "vllm", "b.log", "missing.log"}).status, 2);
}

TEST(Import, BadFlagsAndKindsAreExplained) {
  const Program program;
  program.folder().write("a.log", engine + numbers);
  EXPECT_EQ(program.run({"import", "sglang", "a.log"}).err,
            "calibram: unknown kind of log 'sglang'; the known ones are vllm, llama.cpp, torch\n");
  EXPECT_EQ(program.run({"import", "vllm", "a.log", "--devices", "0"}).status, 2);
  EXPECT_EQ(program.run({"import", "vllm", "a.log", "--model", ""}).err,
            "calibram: --model is empty; give it a value, or drop it\n");
  EXPECT_EQ(program.run({"import", "vllm", "missing.log"}).status, 2);
}

}  // namespace
}  // namespace calibram
