// SPDX-License-Identifier: MIT
// GGUF headers against llama.cpp's own account of its buffers: weights and caches, to the byte.
#include "src/engine/cache_rules.hpp"
#include "src/engine/measurement.hpp"
#include "src/model/gguf/model.hpp"
#include "tests/support/gguf_models.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace calibram {
namespace {

constexpr std::size_t published_rows = 819;  ///< of each metric

/// What was measured, by the path of the model's file.
struct Measured {
  std::map<std::string, Gguf> files;
  std::map<std::string, Model> models;
  std::vector<Measurement> rows;
};

Measured measured() {
  const std::filesystem::path folder = shared_data();
  Measured measured;
  measured.rows = read_measurements(folder / "llamacpp_cpu.csv");
  for (const Measurement& row : measured.rows) {
    if (measured.files.contains(row.model)) continue;
    Gguf file = read_gguf(folder / row.model.str());
    measured.models[row.model] = model_of(file, row.model);
    measured.files[row.model] = std::move(file);
  }
  return measured;
}

std::string skip_reason() {
  if (std::filesystem::exists(shared_data() / "llamacpp_cpu.csv")) return {};
  return "no published measurements at " + shared_data().string();
}

// A tied head is the embedding once more only where the two are on different devices.
TEST(CacheRulesOfGguf, WeightsThatLlamaCppReportsAreTheFilesTensors) {
  if (const std::string reason = skip_reason(); !reason.empty()) GTEST_SKIP() << reason;
  const Measured all = measured();
  std::size_t rows = 0;
  for (const Measurement& row : all.rows) {
    if (row.metric != Metric::weights) continue;
    ++rows;
    EXPECT_EQ(total_bytes(all.files.at(row.model).weights), Bytes{row.value.value()})
        << row.model << ", line " << row.line;
  }
  EXPECT_EQ(rows, published_rows);
}

// llama.cpp src/models/deepseek2.cpp: without key_length_mla, "MLA without the absorption optimization
// converts into MHA".
TEST(CacheRulesOfGguf, OldFilesOfLatentAttentionCostLlamaCppAllHeads) {
  const Model model = old_deepseek_gguf().describe();
  const Format& kv = kv_format("f16");
  EXPECT_EQ(sequence_cache(*find_cache_rule("llama.cpp"), model, kv, kv, 2).per_token,
            Bytes{4 * (24 + 16) * 2});
  EXPECT_EQ(sequence_cache(*find_cache_rule("vllm"), model, kv, kv, 2).per_token, Bytes{(32 + 8) * 2});
}

}  // namespace
}  // namespace calibram
