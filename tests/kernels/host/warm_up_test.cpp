// SPDX-License-Identifier: MIT
// After the warm-up no kernel touches memory beside its tensors.
#include "kernels/host/host_ops.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace calibram {
namespace {

using namespace literals;

/// The process's resident memory, read without allocating any.
Bytes resident() {
  static std::array<char, 4096> text;
  const int file = open("/proc/self/smaps_rollup", O_RDONLY);
  if (file < 0) return {};
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  text[static_cast<std::size_t>(length > 0 ? length : 0)] = 0;
  const char* line = std::strstr(text.data(), "\nRss:");
  return line == nullptr ? Bytes{} : Bytes{std::strtoll(line + 5, nullptr, 10) * 1024};
}

class WarmUp : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the address sanitizer keeps memory of its own";
#endif
    if (resident() == Bytes{}) GTEST_SKIP() << "this kernel does not tell resident memory";
    ops.warm_up();
  }

  Tensor zeros(Element element, std::int64_t rows, std::int64_t columns) {
    Tensor tensor = ops.allocate(Term::activation, element, rows, columns);
    ops.fill_zeros(tensor);
    return tensor;
  }

  /// The growth of resident memory beyond the pages of tensors while `work` runs.
  template <typename Work>
  Bytes hidden_growth(Work&& work) {
    const Bytes before = resident() - ops.memory().rounded().live.total();
    work();
    return resident() - ops.memory().rounded().live.total() - before;
  }

  HostOps ops;
};

// Nothing is expected; a few pages may be the kernel's own batching of its counters.
constexpr Bytes tolerance = 64_KiB;

TEST_F(WarmUp, LeavesNoTensorsAndNoPeak) {
  EXPECT_EQ(ops.memory().requested().live.total(), 0_B);
  EXPECT_EQ(ops.memory().requested().at_peak.total(), 0_B);
}

TEST_F(WarmUp, ProductsOfAnySizeHideNoMemory) {
  for (const std::int64_t rows : {1, 3, 40, 700}) {
    const Bytes growth = hidden_growth([&] {
      Weight weight{zeros(Element::fp16, 1500, 2000), {}};
      const Tensor x = zeros(Element::fp16, rows, 2000);
      Tensor out = zeros(Element::fp32, rows, 1500);
      ops.matmul(x, weight, {}, out);
    });
    EXPECT_LE(growth.count(), tolerance.count()) << rows;
  }
}

TEST_F(WarmUp, Int8ProductsHideNoMemory) {
  const Bytes growth = hidden_growth([&] {
    const Weight weight{zeros(Element::int8, 1500, 2000), zeros(Element::fp32, 1500, 1)};
    const Tensor x = zeros(Element::fp16, 300, 2000);
    Tensor values = zeros(Element::int8, 300, 2000), scales = zeros(Element::fp32, 300, 1);
    Tensor sums = zeros(Element::int32, 300, 1500), out = zeros(Element::fp16, 300, 1500);
    ops.quantise(x, values, scales);
    ops.matmul_int8(values, weight, sums);
    ops.dequantise(sums, scales, weight, {}, out);
  });
  EXPECT_LE(growth.count(), tolerance.count());
}

TEST_F(WarmUp, StreamedAttentionHidesNoMemory) {
  Attention attention;
  attention.heads = 4;
  attention.kv_heads = 2;
  attention.head_size = 96;
  for (const StepShape step : {StepShape{1, 2000, 0}, StepShape{2, 1, 1999}, StepShape{1, 90, 500}}) {
    const Bytes growth = hidden_growth([&] {
      const std::int64_t rows = step.batch * step.length();
      const KvCache cache{
          zeros(Element::fp16, rows, 192), zeros(Element::fp16, rows, 192), {}, {}, step.length()};
      const Tensor queries = zeros(Element::fp16, step.rows(), 384);
      Tensor out = zeros(Element::fp16, step.rows(), 384);
      ops.attend(attention, queries, cache, {}, step, out);
    });
    EXPECT_LE(growth.count(), tolerance.count()) << step.tokens;
  }
}

TEST_F(WarmUp, ExpertsHideNoMemoryButTheirList) {
  const Bytes growth = hidden_growth([&] {
    Routes routes{zeros(Element::int32, 900, 4), zeros(Element::fp32, 900, 4)};
    Tensor gathered = zeros(Element::fp16, 3600, 700), out = zeros(Element::fp16, 900, 700);
    ops.route(zeros(Element::fp16, 900, 128), {}, routes);
    ops.gather_rows(out, routes, gathered);
    ops.combine_experts(gathered, routes, out);
  });
  EXPECT_LE(growth.count(), tolerance.count());
}

TEST_F(WarmUp, LatentAttentionHidesNoMemory) {
  const LatentAttention latent{
      .heads = 3, .kv_rank = 500, .plain_size = 100, .rotary_size = 60, .value_size = 120};
  const Bytes growth = hidden_growth([&] {
    const Weight kv_up{zeros(Element::fp16, 660, 500), {}};
    const Tensor queries = zeros(Element::fp16, 300, 480);
    Tensor absorbed = zeros(Element::fp16, 300, 1680), mixed = zeros(Element::fp16, 300, 1500);
    Tensor values = zeros(Element::fp16, 300, 360);
    const KvCache cache{zeros(Element::fp16, 300, 560), {}, {}, {}, 300};
    ops.absorb_queries(latent, queries, kv_up, absorbed);
    ops.attend(absorbed_attention(latent), absorbed, cache, {}, {1, 300, 0}, mixed);
    ops.expand_values(latent, mixed, kv_up, values);
  });
  EXPECT_LE(growth.count(), tolerance.count());
}

TEST_F(WarmUp, RecurrencesHideNoMemory) {
  const Mamba mamba{.inner_size = 5000, .state_size = 16};
  const Bytes growth = hidden_growth([&] {
    const auto rows = [&](std::int64_t columns) { return zeros(Element::fp16, 60, columns); };
    const auto vector = [&](std::int64_t count) { return zeros(Element::fp16, 1, count); };
    const Weight kernel{zeros(Element::fp16, 5000, 4), {}};
    Tensor last = vector(15000), memory = zeros(Element::fp32, 1, 80000), out = rows(5000);
    ops.convolve(rows(5000), kernel, vector(5000), {1, 60, 0}, last, out);
    ops.scan(mamba, {rows(5000), rows(5000), rows(16), rows(16), vector(80000), vector(5000)}, {1, 60, 0},
             memory, out);
  });
  EXPECT_LE(growth.count(), tolerance.count());
}

TEST_F(WarmUp, AnOutputIsResidentOnceComputed) {
  Weight weight{zeros(Element::fp16, 1024, 64), {}};
  const Tensor x = zeros(Element::fp16, 1024, 64);
  Tensor out = ops.allocate(Term::activation, Element::fp32, 1024, 1024);
  const Bytes before = resident();
  ops.matmul(x, weight, {}, out);
  EXPECT_GE(resident() - before, 4_MiB - tolerance);
}

}  // namespace
}  // namespace calibram
