// SPDX-License-Identifier: MIT
// How fast measurements are read, by one thread and by all, and counted as the rows of a check.
#include "fit/observations.hpp"
#include "src/core/file.hpp"
#include "src/engine/measurement.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace calibram {
namespace {

constexpr int rows = 100'000;

/// A sweep of 120 configurations, measured again and again by a fleet.
std::string sweep() {
  Measurement row;
  row.model = "probe-gqa";
  row.weights = row.kv = "fp16";
  row.metric = Metric::rss;
  row.device = "AMD EPYC";
  row.source = "calibram 0.1.0, Linux 6.18.44";
  row.counter = "VmHWM reset by clear_refs";
  row.measured_at = "2026-11-21T22:19:16Z";
  row.versions = {{"calibram", "0.1.0"}, {"commit", "73fef7b"}, {"kernel", "Linux 6.18.44"}};
  std::string text = csv_header() + "\n";
  for (int i = 0; i < rows; ++i) {
    row.workload = {.batch = 1 + i % 4, .prompt = 60 * (1 + i % 30), .generate = 4};
    row.value = 500'000'000 + i;
    row.machine = fmt::format("node{}", i / 120);
    row.wall_milliseconds = 300 + i % 1000;
    text += csv_row(row) + "\n";
  }
  return text;
}

/// The sweep as a file of its own.
class SweepFile {
 public:
  SweepFile()
      : path_{std::filesystem::temp_directory_path() / fmt::format("calibram-{}-sweep.csv", ::getpid())} {
    write_file(path_, sweep());
  }
  SweepFile(const SweepFile&) = delete;
  SweepFile& operator=(const SweepFile&) = delete;
  ~SweepFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void read_rows(benchmark::State& state, unsigned threads) {
  const SweepFile file;
  for (auto _ : state) {
    std::vector<Measurement> read;
    read.reserve(rows);
    read_measurements(
        file.path(), [&](Measurement row) { read.push_back(std::move(row)); }, threads);
    benchmark::DoNotOptimize(read);
  }
  state.SetItemsProcessed(state.iterations() * rows);
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(file.path())));
}

void count_rows(benchmark::State& state) {
  const SweepFile file;
  const std::vector<Measurement> read = read_measurements(file.path());
  for (auto _ : state) benchmark::DoNotOptimize(observations_of(read));
  state.SetItemsProcessed(state.iterations() * rows);
}

BENCHMARK_CAPTURE(read_rows, 100000_by_one_thread, 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(read_rows, 100000_by_all_threads, machine_threads())
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(count_rows)
    ->Name("count_rows/100000_of_120_configurations")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace calibram
