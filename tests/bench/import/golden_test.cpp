// SPDX-License-Identifier: MIT
// Logs of every kind against the rows that they must give. The vLLM logs are put together from the format
// strings of vllm 0.7.2, 0.11.0 and 0.19.0; llama_cpp_v0_5 is printed by release v0.5.0 (a tiny random
// model), b4790 and b7972 follow the format strings of 2025-02 and 2026-02; the summary follows
// torch/cuda/memory.py.
#include "tests/bench/import/importing.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

struct Golden {
  LogKind kind;
  const char* name;
  std::map<std::string, std::string> flags = {};
};

class ImportGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(ImportGolden, RowsAreThoseOnFile) {
  const auto& [kind, name, flags] = GetParam();
  const Imported imported = import_log(kind, name, supplied(flags));
  const std::string golden = std::string{name}.substr(0, std::string{name}.find('.')) + ".csv";
  EXPECT_EQ(csv_text(imported), read_file(import_data("golden/" + golden), Bytes{1 << 20}));
}

INSTANTIATE_TEST_SUITE_P(
    Logs, ImportGolden,
    ::testing::Values(Golden{LogKind::vllm, "vllm_0_19.log", {{"device", "H100 80GB"}}},
                      Golden{LogKind::vllm, "vllm_0_7.log"}, Golden{LogKind::vllm, "vllm_tensor_2.log"},
                      Golden{LogKind::llama_cpp, "llama_cpp_v0_5.log"},
                      Golden{LogKind::llama_cpp, "llama_cpp_b4790.log"},
                      Golden{LogKind::llama_cpp, "llama_cpp_b7972.log"},
                      Golden{LogKind::torch,
                             "torch_summary.txt",
                             {{"model", "qwen2-7b"}, {"runtime", "transformers@4.46.0"}, {"prompt", "512"}}}),
    [](const auto& test) {
      const std::string name = test.param.name;
      return name.substr(0, name.find('.'));
    });

TEST(ImportGolden, RowsReadBackAsMeasurements) {
  const Imported imported = import_log(LogKind::vllm, "vllm_0_19.log");
  ASSERT_FALSE(imported.rows.empty());
  EXPECT_EQ(question_of(imported.rows.front()).runtime, "vllm@0.19.0");
}

}  // namespace
}  // namespace calibram
