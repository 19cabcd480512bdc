// SPDX-License-Identifier: MIT
// How long a person waits: the program started anew for one estimate, beside a program that does nothing.
#include "bench/sweep/process.hpp"

#include <benchmark/benchmark.h>

namespace calibram {
namespace {

void start_process(benchmark::State& state, const std::vector<std::string>& arguments) {
  const std::atomic<bool> stop{false};
  for (auto _ : state) {
    const ProcessEnd end = run_process(
        arguments, [](const std::string&) {}, stop);
    if (end.exit_status != 0 || end.signal != 0) state.SkipWithError("the process failed");
  }
}

void cold_estimate(benchmark::State& state) {
  start_process(state, {CALIBRAM_PROGRAM, "estimate", "qwen2-72b", "--prompt", "6144", "--generate", "2048"});
}
BENCHMARK(cold_estimate)->UseRealTime()->Unit(benchmark::kMillisecond);

void cold_nothing(benchmark::State& state) { start_process(state, {"/bin/true"}); }
BENCHMARK(cold_nothing)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace calibram
