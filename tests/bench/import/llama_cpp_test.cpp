// SPDX-License-Identifier: MIT
// What a log of llama.cpp says, by model and context. Lines follow the format strings that
// bench/import/llama_cpp/patterns.cpp names.
#include "tests/bench/import/importing.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

const std::string build = "build: 7972 (e06088da0) with GNU 13.3.0 for Linux x86_64\n";
const std::string model =
    "llama_model_loader: loaded meta data with 15 key-value pairs and 290 tensors from a.gguf (version GGUF "
    "V3 "
    "(latest))\nload_tensors:   CPU_Mapped model buffer size =   500.79 MiB\n";

std::string context(const std::string& tokens) {
  return "llama_context: n_seq_max     = 1\nllama_context: n_ctx         = " + tokens +
         "\nllama_context: n_batch       = 2048\nllama_context: n_ubatch      = 512\n"
         "llama_context: flash_attn    = enabled\n"
         "llama_kv_cache:        CPU KV buffer size =     6.00 MiB\n"
         "llama_kv_cache: size =    6.00 MiB (   512 cells,  24 layers,  1/1 seqs), K (f16):    3.00 MiB, V "
         "(q8_0):    "
         "3.00 MiB\nsched_reserve:        CPU compute buffer size =   298.50 MiB\n";
}

Imported read(const std::string& text) { return import_text(LogKind::llama_cpp, text, "log", {}); }

TEST(LlamaCppLog, EveryContextOfAModelIsAConfiguration) {
  const Imported imported = read(build + model + context("512") + context("1024"));
  ASSERT_EQ(imported.rows.size(), 6u);
  EXPECT_EQ(imported.rows[0].workload.context, 512);
  EXPECT_EQ(imported.rows[3].workload.context, 1024);
  EXPECT_EQ(imported.rows[3].metric, Metric::weights);
  EXPECT_EQ(imported.rows[3].value, imported.rows[0].value);
}

TEST(LlamaCppLog, CachesOfOneBufferAddUpAndComputeBuffersReplaceEachOther) {
  const Imported imported =
      read(build + model + context("512") + "llama_kv_cache:        CPU KV buffer size =     1.50 MiB\n" +
           "sched_reserve:        CPU compute buffer size =   100.00 MiB\n");
  EXPECT_EQ(value_of(imported, Metric::kv_cache), 7864320);
  EXPECT_EQ(value_of(imported, Metric::compute), 104857600);
}

TEST(LlamaCppLog, KeysAndValuesOfTwoFormatsStandInTheOptions) {
  const Measurement row = read(build + model + context("512")).rows.front();
  EXPECT_EQ(row.kv, "");
  EXPECT_EQ(options_text(row.options),
            "backend=cpu;flash_attn=on;n_batch=2048;parallel=1;type_k=f16;type_v=q8_0;ubatch=512");
}

TEST(LlamaCppLog, WhatIsOnlyProjectedIsNotRead) {
  const std::string fit = "common_params_fit_impl: getting device memory data for initial parameters:\n";
  const std::string end = "common_fit_params: successfully fit params to free device memory\n";
  EXPECT_EQ(read(build + fit + model + context("512") + end + model + context("1024")).rows.size(), 3u);
  const std::string error = refusal_of([&] { read(build + fit + model + context("512")); });
  EXPECT_NE(error.find("fits its parameters"), std::string::npos) << error;
  EXPECT_THROW(read(build + model + "print_info: no_alloc              = 1\n" + context("512")), InputError);
}

TEST(LlamaCppLog, AVersionAtTheEndIsThatOfTheWholeLog) {
  // llama-bench prints it behind its table.
  EXPECT_EQ(read(model + context("512") + "build: c392e509 (4790)\n").rows.front().runtime,
            "llama.cpp@b4790");
}

TEST(LlamaCppLog, TwoVersionsAreKeptApart) {
  const Imported imported =
      read(build + model + context("512") + "build: 8001 (e06088da1) with GNU\n" + model + context("512"));
  ASSERT_EQ(imported.rows.size(), 6u);
  EXPECT_EQ(imported.rows[0].runtime, "llama.cpp@b7972");
  EXPECT_EQ(imported.rows[5].runtime, "llama.cpp@b8001");
}

TEST(LlamaCppLog, TheVersionIsReadFromEveryProgram) {
  for (const char* line : {"build      : b8471-f40a80b4f\n", "srv  init: build_info: b8471-f40a80b4f\n",
                           "version: 8471 (f40a80b4f)\n", "build: 8471 (f40a80b4f) with GNU\n"})
    EXPECT_EQ(read(line + model + context("512")).rows.front().runtime, "llama.cpp@b8471") << line;
  EXPECT_EQ(read("version: v0.5.0 (build 9701, commit 1a2b)\n" + model + context("512")).rows.front().runtime,
            "llama.cpp@v0.5.0");
}

TEST(LlamaCppLog, FewerOutputsThanAMicroBatchAreAnOption) {
  const Imported imported = read(build + model + context("512") + "llama_context: n_outputs_max = 1\n");
  EXPECT_EQ(imported.rows.front().options.at("n_outputs_max"), "1");
}

TEST(LlamaCppLog, ACutLogGivesWhatItHasAndNamesTheRest) {
  const std::string whole = build + model + context("4096");
  // In the middle of "n_ctx = 4096": a part of a number is not taken.
  const std::string error = refusal_of([&] { read(whole.substr(0, whole.find("4096") + 2)); });
  EXPECT_NE(error.find("weights not written"), std::string::npos) << error;
  const Imported imported = read(whole.substr(0, whole.find("llama_kv_cache:")));
  EXPECT_EQ(imported.rows.size(), 1u);
  EXPECT_TRUE(has_note(imported, "the log does not tell kv_cache, compute"));
}

TEST(LlamaCppLog, ACardThatIsFullIsAnOutcome) {
  const Imported imported =
      read(build + model + "llama_context: n_seq_max = 1\nllama_context: n_ctx = 4096\n" +
           "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc "
           "failed: out of memory\n");
  EXPECT_EQ(imported.rows.back().outcome, "out_of_memory");
}

}  // namespace
}  // namespace calibram
