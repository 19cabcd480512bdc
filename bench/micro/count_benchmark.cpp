// SPDX-License-Identifier: MIT
// How long theory takes: one counted run of an 80-layer model, by runtime, and beside a 2-layer one.
#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"

#include <benchmark/benchmark.h>

namespace calibram {
namespace {

Question question(const char* model, const char* runtime) {
  Measurement row;
  row.model = model;
  row.runtime = runtime;
  row.weights = row.kv = "fp16";
  row.workload = {1, 6144, 2048, {}};
  return question_of(row);
}

void count_run(benchmark::State& state, const char* model, const char* runtime_name) {
  const Question asked = question(model, runtime_name);
  const Runtime runtime = runtime_of(asked);
  for (auto _ : state) benchmark::DoNotOptimize(count(asked, runtime));
}

BENCHMARK_CAPTURE(count_run, 80_layers_calibram, "qwen2-72b", "calibram");
BENCHMARK_CAPTURE(count_run, 80_layers_transformers, "qwen2-72b", "transformers@4.38.2");
BENCHMARK_CAPTURE(count_run, 8_layers_calibram, "probe-mqa", "calibram");
BENCHMARK_CAPTURE(count_run, 126_layers_calibram, "llama-3.1-405b", "calibram");

}  // namespace
}  // namespace calibram
