// SPDX-License-Identifier: MIT
// A run that executes two layers takes the memory of one that executes them all: counted in a card's pages,
// and measured on the host.
#include "bench/sweep/host_child.hpp"
#include "bench/sweep/plan.hpp"
#include "bench/sweep/report.hpp"
#include "src/engine/counting_ops.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "tests/support/scratch.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <algorithm>
#include <fstream>

#if defined(__SANITIZE_ADDRESS__)
#define CALIBRAM_HAS_SHADOW_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CALIBRAM_HAS_SHADOW_MEMORY
#endif
#endif

namespace calibram {
namespace {

// A layer's keys and values are 600 KiB in FP16, its activations 400 KiB to 3 MiB.
constexpr const char* config = R"({"model_type": "llama", "hidden_size": 256, "num_hidden_layers": 6,
  "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 704, "vocab_size": 2000,
  "max_position_embeddings": 4096, "torch_dtype": "float16"})";

/// What the allocator and the heap of two processes may differ in at rest.
constexpr Bytes tolerance{256 << 10};

/// Measures in a process of its own, as the sweep does: forked, so that it starts with equal memory.
ChildReport measured(const Measurement& row, std::int64_t layers_executed, const ScratchFolder& folder) {
  const std::string path = (folder.path() / "report").string();
  const pid_t pid = ::fork();
  if (pid == 0) {
    try {
      std::ofstream out{path};
      run_host_child(row, layers_executed, out);
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  ChildReport report;
  std::ifstream in{path};
  for (std::string line; std::getline(in, line);) read_report_line(line, report);
  EXPECT_TRUE(report.complete);
  return report;
}

Bytes difference(Bytes a, Bytes b) { return std::max(a - b, b - a); }

class TwoLayers : public testing::TestWithParam<const char*> {};

TEST_P(TwoLayers, HaveTheResidentPeakOfAll) {
#ifdef CALIBRAM_HAS_SHADOW_MEMORY
  GTEST_SKIP() << "the sanitizer's own memory hides the tensors'";
#endif
  const ScratchFolder folder;
  Measurement row;
  row.model = folder.write("config.json", config).string();
  row.weights = row.kv = GetParam();
  row.workload = {2, 300, 3, 304};
  row.metric = Metric::rss;
  const ChildReport two = measured(row, 2, folder), all = measured(row, 6, folder);
  ASSERT_TRUE(two.complete && all.complete);
  EXPECT_EQ(two.requested, all.requested);
  EXPECT_EQ(two.rounded, all.rounded);
  const auto growth = [](const ChildReport& report, const char* stage) {
    return find_stage(report, stage)->used - find_stage(report, "warm_up")->used;
  };
  // What is resident between the stages is exact, and shows a layer whose memory only its execution touches.
  for (const char* stage : {"weights", "kv", "prefill", "decode", "freed"})
    EXPECT_LE(difference(growth(two, stage), growth(all, stage)), tolerance) << stage;
  const auto peak = [](const ChildReport& report) {
    return highest_peak(report) - find_stage(report, "warm_up")->used;
  };
  EXPECT_LE(difference(peak(two), peak(all)), two.host.slack + all.host.slack + tolerance);
}

INSTANTIATE_TEST_SUITE_P(Formats, TwoLayers, testing::Values("fp16", "int8"));

/// Counts every layer, and computes the first and the last of them only.
class TwoLayersCounted : public CountingOps {
 public:
  explicit TwoLayersCounted(std::int64_t layers)
      : CountingOps{1, Rounding::device_page, /*fold=*/false}, last_{layers - 1} {}

  bool executes(std::int64_t layer) const override { return layer == 0 || layer == last_; }

 private:
  std::int64_t last_;
};

Bytes peak_of_two_layers(const Measurement& row) {
  const Question question = question_of(row);
  const Runtime runtime = runtime_of(question);
  TwoLayersCounted ops{layer_count(*question.model)};
  Decoder decoder{question, runtime, ops};
  decoder.load();
  decoder.reserve();
  decoder.prefill();
  for (std::int64_t step = 1; step < row.workload.generate; ++step) decoder.decode();
  return ops.devices().front().total;
}

TEST(TwoLayersOnACard, HaveThePeakOfAllInEveryPointThatExecutesTwo) {
  std::size_t seen = 0;
  for (const PlanSize size : {PlanSize::standard, PlanSize::full})
    for (const Point& point : cuda_plan(size)) {
      if (point.layers_executed != 2) continue;
      ++seen;
      ASSERT_EQ(peak_of_two_layers(point.row), point.prediction.total) << csv_row(point.row);
    }
  EXPECT_GT(seen, 1000u);
}

TEST(TwoLayersOnACard, HaveLessWhereTheCacheGrowsByCopying) {
  Measurement row;
  row.model = "probe-mha";
  row.weights = row.kv = "fp16";
  row.workload = {1, 3996, 4, 4000};
  row.options = {{"cache", "concatenated"}};
  row.metric = Metric::device;
  EXPECT_LT(peak_of_two_layers(row), plan_point(row).prediction.total) << "so the plan executes all of them";
}

}  // namespace
}  // namespace calibram
