// SPDX-License-Identifier: MIT
// A real sweep of this machine from the command line: measured, fitted, asked; interrupted, killed, resumed.
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"
#include "tests/support/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#if defined(__SANITIZE_ADDRESS__)
#define CALIBRAM_UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CALIBRAM_UNDER_SANITIZER 1
#endif
#endif

namespace calibram {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

bool is_sanitized() {
#ifdef CALIBRAM_UNDER_SANITIZER
  return true;
#else
  return false;
#endif
}

fs::path only_csv(const fs::path& folder) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".csv") found = entry.path();
  return found;
}

/// Whether a process lives whose command line names this process as its parent.
std::size_t measuring_children_of(pid_t parent) {
  std::size_t count = 0;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator("/proc", gone)) {
    std::ifstream file{entry.path() / "cmdline"};
    const std::string line{std::istreambuf_iterator<char>{file}, {}};
    const std::string wanted = std::string{"--parent"} + '\0' + std::to_string(parent) + '\0';
    if (line.find(wanted) != std::string::npos) ++count;
  }
  return count;
}

/// Lines of the sweep's file so far.
std::ptrdiff_t lines_in(const fs::path& folder) {
  std::error_code missing;
  if (!fs::exists(folder, missing) || only_csv(folder).empty()) return 0;
  std::ifstream file{only_csv(folder)};
  return std::count(std::istreambuf_iterator<char>{file}, {}, '\n');
}

TEST(MeasureVerb, AQuickSweepCanBeFittedAskedAndEvaluated) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's own memory drowns the measurement";
  const Program program;
  const Outcome measured = program.run({"measure", "--device", "host", "--quick", "--out", "sweep"});
  ASSERT_EQ(measured.status, 0) << measured.err;
  const fs::path csv = only_csv(program.folder().path() / "sweep");
  EXPECT_EQ(measured.out, "sweep/" + csv.filename().string() + "\n") << "standard output is the result alone";
  EXPECT_EQ(measured.err.find('\r'), std::string::npos) << "no progress bar without a terminal";
  for (const Measurement& row : read_measurements(csv)) {
    if (row.outcome == "rejected") continue;  // this machine was swapping
    EXPECT_EQ(row.outcome, "") << row.reason;
    EXPECT_EQ(row.predicted, row.requested) << row.model;
    EXPECT_LE(std::abs(row.unaccounted.value()), std::max<std::int64_t>(1 << 20, row.slack.value()))
        << row.model;
  }
  const std::string file = csv.string();
  ASSERT_EQ(program.run({"fit", file, "-o", "profile.json"}).status, 0);
  const Outcome estimate = program.run({"estimate", "probe-gqa", "--weights", "fp16", "--prompt", "200",
                                        "--metric", "rss", "--profile", "profile.json", "--json"});
  ASSERT_EQ(estimate.status, 0) << estimate.err;
  const Json json = Json::parse(estimate.out);
  EXPECT_LT(json["low_bytes"], json["total_bytes"]);
  EXPECT_LT(json["total_bytes"], json["high_bytes"]);
  EXPECT_GE(json["bound99_bytes"], json["high_bytes"]);
  EXPECT_EQ(json["profile"], "profile.json");
  const Outcome evaluated = program.run({"evaluate", file, "--leave-one-model-out", "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  const Json document = Json::parse(evaluated.out);
  for (const Json& summary : document["summary"])
    if (summary["estimator"] == "calibrated") {
      EXPECT_LT(summary["mean_abs"], 0.02);
    }
}

TEST(MeasureVerb, ANamedModelIsMeasuredAlone) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's own memory drowns the measurement";
  const Program program;
  const Outcome measured =
      program.run({"measure", "probe-mqa", "--weights", "int8", "--kv", "int8", "--batch", "2", "--prompt",
                   "60", "--generate", "3", "--options", "logits=all", "--device", "host", "--out", "sweep"});
  ASSERT_EQ(measured.status, 0) << measured.err;
  const std::vector<Measurement> rows = read_measurements(only_csv(program.folder().path() / "sweep"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].metric, Metric::allocated);
  EXPECT_EQ(rows[1].metric, Metric::rss);
  for (const Measurement& row : rows) {
    EXPECT_EQ(row.model, "probe-mqa");
    EXPECT_EQ(row.weights.str() + " " + row.kv.str(), "int8 int8");
    EXPECT_EQ(row.workload, (Workload{2, 60, 3, {}}));
    EXPECT_EQ(options_text(row.options), "logits=all");
    EXPECT_EQ(row.requested, row.predicted);
  }
}

/// Small models of kinds that are no dense decoders, as their publishers would write them.
constexpr std::pair<const char*, const char*> kinds[] = {
    {"deepseek_v3.json",
     R"({"model_type": "deepseek_v3", "hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8,
  "num_key_value_heads": 8, "q_lora_rank": 128, "kv_lora_rank": 256, "qk_nope_head_dim": 64, "qk_rope_head_dim": 32,
  "v_head_dim": 64, "moe_intermediate_size": 256, "n_routed_experts": 16, "num_experts_per_tok": 4,
  "n_shared_experts": 1, "first_k_dense_replace": 1, "intermediate_size": 1024, "vocab_size": 4000})"},
    {"jamba.json",
     R"({"model_type": "jamba", "hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8,
  "num_key_value_heads": 2, "intermediate_size": 1024, "num_experts": 4, "num_experts_per_tok": 2,
  "attn_layer_period": 8, "attn_layer_offset": 4, "expert_layer_period": 2, "expert_layer_offset": 1,
  "mamba_d_conv": 4, "mamba_d_state": 16, "mamba_dt_rank": 32, "mamba_expand": 2, "vocab_size": 4000})"},
    {"qwen3_next.json",
     R"({"model_type": "qwen3_next", "hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8,
  "num_key_value_heads": 2, "head_dim": 64, "linear_num_key_heads": 4, "linear_num_value_heads": 8,
  "linear_key_head_dim": 64, "linear_value_head_dim": 64, "linear_conv_kernel_dim": 4, "moe_intermediate_size": 256,
  "shared_expert_intermediate_size": 256, "num_experts": 16, "num_experts_per_tok": 4, "intermediate_size": 1024,
  "vocab_size": 4000})"}};

TEST(MeasureVerb, EveryKindOfModelFileIsMeasuredAsItIsCounted) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's own memory drowns the measurement";
  const Program program;
  for (const auto& [name, text] : kinds) {
    program.folder().write(name, text);
    for (const char* weights : {"bf16", "int8"}) {
      const fs::path out = program.folder().path() / (std::string{name} + weights);
      const Outcome measured = program.run({"measure", name, "--weights", weights, "--prompt", "300",
                                            "--generate", "3", "--device", "host", "--out", out.string()});
      ASSERT_EQ(measured.status, 0) << measured.err;
      const fs::path csv = only_csv(out);
      for (const Measurement& row : read_measurements(csv)) {
        EXPECT_EQ(row.outcome, "") << row.reason;
        EXPECT_EQ(row.requested, row.predicted) << name;
        EXPECT_EQ(row.model, "../" + std::string{name}) << "relative to the file";
        EXPECT_LE(std::abs(*row.unaccounted), 1 << 20) << name;
      }
      const Outcome evaluated = program.run({"evaluate", csv.string(), "--json"});
      ASSERT_EQ(evaluated.status, 0) << evaluated.err;
      for (const Json& row : Json::parse(evaluated.out)["rows"])
        if (row["metric"] == "allocated") {
          EXPECT_EQ(row["estimates"]["theory"], row["measured"]) << name;
        }
    }
  }
}

TEST(MeasureVerb, CtrlCLeavesAFileThatResumeGoesOnWith) {
  if (is_sanitized()) GTEST_SKIP() << "too slow under a sanitizer";
  const Program program;
  const fs::path folder = program.folder().path() / "sweep";
  const pid_t pid = program.start({"measure", "--device", "host", "--quick", "--out", "sweep"});
  ASSERT_TRUE(comes_true([&] { return lines_in(folder) >= 5; }));
  ::kill(pid, SIGINT);
  const Outcome outcome = program.wait_for(pid);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("calibram: interrupted ("));
  EXPECT_THAT(outcome.err, testing::EndsWith("; go on with --resume\n"));
  const std::size_t kept = read_measurements(only_csv(folder)).size();
  EXPECT_GE(kept, 4u);
  const Outcome resumed =
      program.run({"measure", "--device", "host", "--quick", "--out", "sweep", "--resume"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr(" measured before"));
  EXPECT_GT(read_measurements(only_csv(folder)).size(), kept);
}

TEST(MeasureVerb, AKilledParentLeavesNoChildAndAFileThatCanBeResumed) {
  if (is_sanitized()) GTEST_SKIP() << "too slow under a sanitizer";
  const Program program;
  const fs::path folder = program.folder().path() / "sweep";
  const pid_t pid = program.start({"measure", "--device", "host", "--quick", "--out", "sweep"});
  ASSERT_TRUE(comes_true([&] { return lines_in(folder) >= 3 && measuring_children_of(pid) > 0; }));
  ::kill(pid, SIGKILL);
  program.wait_for(pid);
  EXPECT_TRUE(comes_true([&] { return measuring_children_of(pid) == 0; }));
  const pid_t resumed =
      program.start({"measure", "--device", "host", "--quick", "--out", "sweep", "--resume"});
  EXPECT_TRUE(comes_true([&] { return lines_in(folder) >= 7; }));
  ::kill(resumed, SIGTERM);
  EXPECT_EQ(program.wait_for(resumed).status, 1);
  EXPECT_NO_THROW(read_measurements(only_csv(folder)));
}

}  // namespace
}  // namespace calibram
