// SPDX-License-Identifier: MIT
// The measuring child of a card on the emulated one: its stages, its books, and every way to end early.
#include "bench/cuda/cuda_child.hpp"

#include "bench/sweep/ledger.hpp"
#include "kernels/cuda/cuda_check.hpp"
#include "src/engine/allocators/rounding.hpp"
#include "tests/kernels/cuda/cuda_test.hpp"
#include "tests/kernels/cuda/emulation/cublas.hpp"
#include "tests/kernels/cuda/emulation/runtime.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <tuple>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Weights of 128 KiB and more have pages of their own, those of the norms share one.
constexpr const char* config = R"({"model_type": "llama", "hidden_size": 256, "num_hidden_layers": 4,
  "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 512, "vocab_size": 300,
  "max_position_embeddings": 4096, "torch_dtype": "float16"})";

struct EmulatedChild : testing::Test {
  ScratchFolder folder;
  Measurement row;
  CudaChildOptions options;
  std::istringstream in;
  std::string lines;

  EmulatedChild() {
    emulated_card() = {};
    emulated_card().has_pools = false;
    emulated_cublas().create_status = CUBLAS_STATUS_SUCCESS;
    row.model = folder.write("config.json", config).string();
    row.weights = row.kv = "fp16";
    row.workload = {1, 12, 3, 15};
    row.metric = Metric::device;
    options.layers_executed = 4;
    options.load_cublas = [] { return cublas_of_tests(); };
  }
  ~EmulatedChild() override {
    emulated_card() = {};
    emulated_cublas().create_status = CUBLAS_STATUS_SUCCESS;
  }

  ChildReport run() {
    std::ostringstream out;
    ChildReport report;
    try {
      run_cuda_child(row, options, in, out);
    } catch (...) {
      lines = out.str();
      throw;
    }
    lines = out.str();
    std::istringstream read{lines};
    for (std::string line; std::getline(read, line);) read_report_line(line, report);
    return report;
  }
};

class Formats : public EmulatedChild,
                public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(Formats, ItsRowIsAccountedForToTheLastByteAndItWaitsAfterEveryStage) {
  std::tie(row.weights, row.kv) = GetParam();
  options.barrier = true;
  in.str("\n\n\n\n\n\n\n\n\n");
  const ChildReport report = run();
  std::vector<std::string> stages;
  for (const StageReading& reading : report.stages) stages.push_back(reading.stage);
  EXPECT_THAT(stages, ElementsAre("start", "context", "handles", "warm_up", "weights", "kv", "prefill",
                                  "decode", "freed"));
  ASSERT_TRUE(report.complete);
  const Point point = plan_point(row);
  EXPECT_EQ(report.requested, point.predicted) << "the pass asks for what theory counts";
  EXPECT_GE(report.rounded, point.prediction.total);
  EXPECT_LT(report.rounded, point.prediction.total + Bytes{device_page_bytes}) << "but for the shared page";
  const Measurement found = ledger_rows(point, report, {}, 1, {"card", "test"}).back();
  EXPECT_EQ(found.outcome, "") << found.reason;
  EXPECT_EQ(found.unaccounted, 0);
  EXPECT_EQ(found.late, 0);
  EXPECT_EQ(found.handles, gemm_workspace_bytes(90).count());
  EXPECT_EQ(report.card.gemm_workspace, gemm_workspace_bytes(90));
  EXPECT_EQ(report.card.held_at_peak, report.rounded);
}

INSTANTIATE_TEST_SUITE_P(Child, Formats,
                         testing::Values(std::pair{"fp16", "fp16"}, std::pair{"int8", "int8"}));

TEST_F(EmulatedChild, TwoLayersOfFourHaveThePeakOfAllAndASmallerCardIsAFinding) {
  const ChildReport all = run();
  options.layers_executed = 2;
  const ChildReport two = run();
  EXPECT_EQ(two.requested, all.requested);
  EXPECT_EQ(two.rounded, all.rounded);
  EXPECT_EQ(two.card.peak, all.card.peak);
  std::set<std::size_t> stages;
  const Bytes page{device_page_bytes};
  for (const Bytes missing :
       {page, Bytes{all.rounded.count() / 2}, Bytes{all.rounded.count() * 3 / 4}, all.rounded + page * 8}) {
    emulated_card().total = static_cast<std::size_t>((all.card.peak - missing).count());
    const ChildReport report = run();
    EXPECT_TRUE(report.out_of_memory) << mib_text(missing);
    EXPECT_FALSE(report.complete) << mib_text(missing);
    EXPECT_THAT(report.reason, HasSubstr("the card is out of memory (wanted "));
    EXPECT_EQ(emulated_bytes_in_use(), 0u);
    stages.insert(report.stages.size());
  }
  EXPECT_GE(stages.size(), 3u) << "at several stages";
  EXPECT_EQ(*stages.begin(), 2u) << "the first of them cuBLAS's workspace";
}

TEST_F(EmulatedChild, ACuBlasThatFindsNoRoomIsAFindingAndAnyOtherRefusalIsNot) {
  emulated_cublas().create_status = CUBLAS_STATUS_NOT_INITIALIZED;
  EXPECT_THAT(message_of<Error>([&] { run(); }), HasSubstr("cannot start cuBLAS"));
  emulated_card().total = emulated_card().used_by_others + (100 << 20);
  EXPECT_TRUE(run().out_of_memory);
}

TEST_F(EmulatedChild, AnyOtherErrorOfTheDeviceEndsIt) {
  options.load_cublas = [] {
    emulated_card().sticky_error = cudaErrorIllegalAddress;
    return cublas_of_tests();
  };
  EXPECT_THROW(run(), CudaError);
  EXPECT_EQ(lines.find("out_of_memory"), std::string::npos);
  emulated_card().sticky_error = cudaSuccess;
}

TEST_F(EmulatedChild, AContextThatFindsNoRoomIsAFinding) {
  options.load_cublas = []() -> CublasLibrary {
    throw CudaError{cudaErrorMemoryAllocation, "create a context on card 0", std::source_location::current()};
  };
  const ChildReport report = run();
  EXPECT_TRUE(report.out_of_memory);
  EXPECT_THAT(report.reason, HasSubstr("cannot create a context on card 0"));
}

TEST_F(EmulatedChild, ItEndsWhenNobodyAnswersAnyMore) {
  options.barrier = true;
  in.str("\n\n");
  EXPECT_THAT(message_of<Error>([&] { run(); }), HasSubstr("the parent has ended"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << "nothing after the barrier that broke";
}

TEST_F(EmulatedChild, WithoutADriverOrItsCardItSaysSo) {
  options.device_index = 1;
  EXPECT_THAT(message_of<InputError>([&] { run(); }), HasSubstr("there is no card 1"));
  emulated_card().count_status = cudaErrorInsufficientDriver;
  emulated_card().driver_version = 0;
  EXPECT_EQ(
      message_of<Error>([&] { run(); }),
      "no card can be measured (no NVIDIA driver is installed); install an NVIDIA driver that knows this "
      "CUDA, or use --device host");
}

TEST_F(EmulatedChild, ModulesAreLoadedLazilyUnlessAskedOtherwise) {
  std::string mode;
  options.load_cublas = [&]() -> CublasLibrary {
    mode = std::getenv("CUDA_MODULE_LOADING");
    throw Error{"enough is seen", "", ""};
  };
  ::setenv("CUDA_MODULE_LOADING", "DEFAULT", 1);
  EXPECT_THROW(run(), Error);
  EXPECT_EQ(mode, "LAZY");
  row.options = {{"module_loading", "eager"}};
  EXPECT_THROW(run(), Error);
  EXPECT_EQ(mode, "EAGER");
  ::unsetenv("CUDA_MODULE_LOADING");
}

TEST_F(EmulatedChild, WhatCannotBeRunIsRefusedBeforeAnyStage) {
  row.model = "70B";
  EXPECT_THROW(run(), InputError);
  EXPECT_EQ(lines, "");
}

}  // namespace
}  // namespace calibram
