// SPDX-License-Identifier: MIT
// What a log of vLLM says is taken once, by start and process; what it does not say is named. Lines follow
// the format strings of vllm 0.6 to 0.19 (bench/import/vllm/patterns.cpp names the files).
#include "tests/bench/import/importing.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

const std::string server = "INFO [api_server.py:1] vLLM API server version 0.19.0\n";

std::string engine(const std::string& more = "") {
  return "INFO [core.py:105] Initializing a V1 LLM engine (v0.19.0) with config: model='Qwen/Qwen2-7B', "
         "dtype=torch.bfloat16, max_seq_len=8192, tensor_parallel_size=1, pipeline_parallel_size=1, "
         "quantization=None, kv_cache_dtype=auto" +
         more + ", seed=0\n";
}

Imported read(const std::string& text) { return import_text(LogKind::vllm, text, "log", {}); }

TEST(VllmLog, EachStartIsAConfigurationOfItsOwn) {
  const Imported imported = read(server + engine() + "Model loading took 14.20 GiB memory and 3 seconds\n" +
                                 server + engine() + "Model loading took 14.30 GiB memory and 3 seconds\n");
  ASSERT_EQ(imported.rows.size(), 2u);
  EXPECT_EQ(imported.rows[0].source, "log:1-3");
  EXPECT_EQ(imported.rows[1].source, "log:4-6");
  EXPECT_NE(imported.rows[0].value, imported.rows[1].value);
}

TEST(VllmLog, TheFinerOfTwoPrintsOfOneNumberCounts) {
  const Imported imported =
      read(engine() + "Loading model weights took 14.2487 GB\nmodel weights take 14.25GiB; x\n");
  EXPECT_EQ(imported.rows.front().resolution, 53687);
  EXPECT_FALSE(has_note(imported, "printed twice"));
}

TEST(VllmLog, ProcessesThatDifferAreNamed) {
  const Imported imported = import_log(LogKind::vllm, "vllm_tensor_2.log");
  EXPECT_TRUE(
      has_note(imported, "other differs between processes (Worker_TP0 96636764, Worker_TP1 107374182)"));
  EXPECT_EQ(value_of(imported, Metric::other), 96636764 + 107374182);
}

TEST(VllmLog, ProcessesThatKeepSilentAreNamed) {
  const Imported imported = read(engine(", tensor_parallel_size=4") +
                                 "(Worker_TP0 pid=1) Model loading took 4.00 GiB memory and 3 seconds\n");
  EXPECT_EQ(imported.rows.front().devices, 4);
  EXPECT_EQ(value_of(imported, Metric::weights), std::int64_t{16} << 30);
  EXPECT_TRUE(has_note(imported, "weights is printed by 1 of 4 devices"));
  EXPECT_TRUE(read(engine(", tensor_parallel_size=1, pipeline_parallel_size=2") +
                   "Available KV cache memory: 1.00 GiB\n(W pid=1) Model loading took 4.00 GiB memory\n"
                   "GPU KV cache size: 160 tokens\n")
                  .rows.size() == 1)
      << "layers of a pipeline are not alike";
}

// Of the processes of 0.19, the first alone prints "Available KV cache memory".
TEST(VllmLog, WhatIsLeftForTheCacheFollowsFromWhatWasTaken) {
  const auto lines = [](const std::string& rank, const std::string& taken) {
    return "(" + rank +
           " pid=1) Initial free memory: 77.71 GiB; Requested memory: 0.950000 (util), 75.25 GiB\n" + "(" +
           rank + " pid=1) Memory profiling takes 9 seconds. Total non KV cache memory: " + taken +
           "GiB; torch peak memory increase: 1.00GiB\n";
  };
  const std::string log = engine(", tensor_parallel_size=1, pipeline_parallel_size=2") +
                          lines("Worker_PP0", "5.25") + lines("Worker_PP1", "6.25") +
                          "(Worker_PP0 pid=1) Available KV cache memory: 70.00 GiB\n";
  EXPECT_EQ(value_of(read(log), Metric::kv_available), std::int64_t{70 + 69} << 30);
  EXPECT_TRUE(has_note(read(log), "is what they requested less what they took"));
  EXPECT_TRUE(has_note(read("CUDA graph memory profiling is enabled\n" + log), "no sum"));
}

TEST(VllmLog, WhatTheLogDoesNotStateIsNamedWithItsFlag) {
  const Imported imported = read(engine() + "Available KV cache memory: 58.11 GiB\n");
  EXPECT_TRUE(has_note(imported,
                       "the log does not state max_num_batched_tokens, max_num_seqs, "
                       "gpu_memory_utilization, device_bytes; --options"));
  EXPECT_TRUE(has_note(imported, "--device NAME supplies it"));
  EXPECT_TRUE(has_note(imported, "there is no weights, activation, other, kv_tokens"));
}

// vllm/engine/arg_utils.py: with VLLM_LOGGING_LEVEL=DEBUG.
TEST(VllmLog, DefaultsThatItLogsAreSettings) {
  const Imported imported = read(
      "DEBUG [arg_utils.py:2232] Defaulting max_num_batched_tokens to 2048 for LLM_CLASS usage context.\n"
      "DEBUG [arg_utils.py:2242] Defaulting max_num_seqs to 256 for LLM_CLASS usage context.\n" +
      engine() + "Available KV cache memory: 58.11 GiB\n");
  EXPECT_EQ(imported.rows.front().options.at("max_num_batched_tokens"), "2048");
  EXPECT_EQ(imported.rows.front().options.at("max_num_seqs"), "256");
}

TEST(VllmLog, SchemesTellTheFormatOfCompressedTensors) {
  const auto of_scheme = [](const std::string& scheme) {
    std::string log = engine() + "Using scheme: " + scheme + " for model.layers.0.self_attn.qkv_proj\n" +
                      "Available KV cache memory: 58.11 GiB\n";
    log.replace(log.find("quantization=None"), 17, "quantization=compressed-tensors");
    return read(log);
  };
  EXPECT_EQ(of_scheme("CompressedTensorsW8A8Int8").rows.front().weights, "w8a8");
  EXPECT_EQ(of_scheme("CompressedTensorsW8A8Fp8").rows.front().weights, "fp8-channel");
  EXPECT_TRUE(has_note(of_scheme("CompressedTensorsWNA16"), "--weights supplies it"))
      << "it does not tell bits and group";
}

TEST(VllmLog, WhyAStartFailedIsSaid) {
  for (const char* reason : {"151936 is not divisible by 5",
                             "User-specified max_model_len (8192) is greater than the derived max_model_len",
                             "DP adjusted local rank 1 is out of bounds",
                             "model type `gemma4` but Transformers does not recognize this architecture",
                             "couldn't connect to 'https://huggingface.co' to load the files",
                             "CUDA out of memory occurred when warming up sampler with 1024 dummy requests"})
    EXPECT_TRUE(has_note(
        read(engine() + "Model loading took 4.00 GiB memory and 3 seconds\nERROR: " + reason + ". More.\n"),
        std::string{"refused to start: "} + reason))
        << reason;
}

TEST(VllmLog, ValuesWithoutAVersionAreNoRows) {
  const std::string error =
      refusal_of([] { read("INFO [gpu_worker.py:1] Available KV cache memory: 58.11 GiB\n"); });
  EXPECT_NE(
      error.find("kv_available not written: nothing states the model (--model NAME), the engine's version "
                 "(--runtime vllm@VERSION), the tokens (--context N or --prompt N)"),
      std::string::npos)
      << error;
}

TEST(VllmLog, TheUsersWordGoesBeforeTheLogs) {
  const Imported imported =
      import_text(LogKind::vllm, engine() + "Available KV cache memory: 58.11 GiB\n", "log",
                  supplied({{"model", "llama-3-8b"}, {"options", "max_num_seqs=64"}}));
  EXPECT_EQ(imported.rows.front().model, "llama-3-8b");
  EXPECT_EQ(imported.rows.front().options.at("max_num_seqs"), "64");
  EXPECT_TRUE(
      has_note(imported, "the log says model 'qwen2-7b', --model says 'llama-3-8b': the flag is taken"));
}

TEST(VllmLog, OutOfMemoryWhileStartingIsAnOutcome) {
  const Imported imported =
      read(engine() +
           "ERROR torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.50 GiB. GPU 0 has a total "
           "capacity of 79.19 GiB of which 3.33 GiB is free.\n");
  ASSERT_EQ(imported.rows.size(), 1u);
  EXPECT_EQ(imported.rows[0].outcome, "out_of_memory");
  EXPECT_FALSE(imported.rows[0].value);
  EXPECT_EQ(imported.rows[0].options.at("device_bytes"), "85029615043");
  const Imported later = read(engine() +
                              "Model loading took 4 GiB memory\ninit engine (profile, create kv cache, "
                              "warmup model) took 2 s\nCUDA out of memory. Tried to allocate 3.50 GiB.\n");
  EXPECT_EQ(later.rows.size(), 1u);
  EXPECT_TRUE(has_note(later, "after the start"));
}

TEST(VllmLog, NumbersThatAreNoMeasurementsAreNamed) {
  const Imported imported = read(engine() +
                                 "Model loading took 99999999999999999999 GiB memory and\n"
                                 "Available KV cache memory: -0.94 GiB\nGPU KV cache size: 16 tokens\n");
  EXPECT_EQ(imported.rows.size(), 1u);
  EXPECT_TRUE(has_note(imported, "weights is '99999999999999999999', which is no number of GiB that fits"));
  EXPECT_TRUE(has_note(imported, "kv_available is -0.94 GiB"));
}

TEST(VllmLog, ACacheThatWasGivenIsNotMeasured) {
  const Imported imported = read(engine() +
                                 "Initial free memory 31.16 GiB, reserved 4.25 GiB memory for KV Cache as "
                                 "specified by kv_cache_memory_bytes config and\nGPU KV cache size: 16 "
                                 "tokens\nModel loading took 4.00 GiB memory\n");
  EXPECT_EQ(imported.rows.size(), 1u);
  EXPECT_TRUE(has_note(imported, "was given"));
}

TEST(VllmLog, ADevelopmentVersionIsWrittenAsItsRelease) {
  std::string text = engine();
  text.replace(text.find("0.19.0"), 6, "0.7.4.dev713+gb4961126");
  const Imported imported = read(text + "Model loading took 4.00 GiB memory\n");
  EXPECT_EQ(imported.rows.front().runtime, "vllm@0.7.4");
  EXPECT_TRUE(has_note(imported, "dev713"));
}

TEST(VllmLog, QuantisationsThatTellNoFormatAreNamed) {
  std::string text = engine();
  text.replace(text.find("quantization=None"), 17, "quantization=gptq_marlin");
  const Imported imported = read(text + "Model loading took 4.00 GiB memory\n");
  EXPECT_EQ(imported.rows.front().weights, "");
  EXPECT_TRUE(has_note(imported, "quantization=gptq_marlin does not tell"));
}

}  // namespace
}  // namespace calibram
