// SPDX-License-Identifier: MIT
// How fast a grid of questions is answered: points per second, for every context counted anew and for all
// cards at once.
#include "bench/calculator/grid.hpp"
#include "src/core/ordered_work.hpp"
#include "src/engine/measurement.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace calibram {
namespace {

/// Two models in two formats, 16 batches, 2048 contexts.
Grid grid(const std::string& runtime, int cards) {
  Grid grid;
  Measurement row;
  row.runtime = runtime;
  for (const char* model : {"qwen2.5-32b", "llama-3.1-8b"})
    for (const char* weights : {"fp16", "int8"}) {
      row.model = model;
      row.weights = weights;
      grid.questions.push_back(question_of(row));
    }
  for (std::int64_t batch = 1; batch <= 16; ++batch) grid.batches.push_back(batch);
  for (std::int64_t context = 16; context <= 32768; context += 16) grid.contexts.push_back(context);
  for (int i = 1; i <= cards; ++i)
    grid.capacities.push_back({std::to_string(i), Bytes{std::int64_t{i} << 33}, true});
  return grid;
}

void ask(benchmark::State& state, const std::string& runtime, unsigned threads) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  const Grid asked = grid(runtime, static_cast<int>(state.range(0)));
  for (auto _ : state)
    ask_grid(asked, calculator, threads,
             [](const GridRows& rows) { benchmark::DoNotOptimize(rows.text.data()); });
  state.SetItemsProcessed(state.iterations() * asked.points());
}

BENCHMARK_CAPTURE(ask, calibram_by_one_thread, "calibram", 1)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(ask, calibram_by_all_threads, "calibram", machine_threads())
    ->Arg(1)
    ->Arg(8)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(ask, transformers_by_all_threads, "transformers@4.46.0", machine_threads())
    ->Arg(1)
    ->Arg(8)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace calibram
