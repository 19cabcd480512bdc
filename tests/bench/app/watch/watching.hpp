// SPDX-License-Identifier: MIT
// Runs calibram watch over a program whose memory is known, and reads the rows that it leaves.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace calibram {

class Watching {
 public:
  explicit Watching(std::string file = CALIBRAM_PROGRAM) : program_{std::move(file)} {
    program_.set("FAKE_NVML", "not_loaded");
  }

  const Program& program() const { return program_; }

  static std::vector<std::string> watch(std::vector<std::string> command) {
    command.insert(command.begin(), {"watch", "--"});
    return command;
  }

  static std::vector<std::string> act(std::vector<std::string> words) {
    words.insert(words.begin(), CALIBRAM_WATCH_ACTOR);
    return words;
  }

  Outcome run(const std::vector<std::string>& command) const { return program_.run(watch(command)); }

  std::vector<Measurement> rows() const { return read_measurements(program_.folder().path() / "watch.csv"); }

  /// The row of metric rss, of which there must be one.
  Measurement resident() const {
    for (const Measurement& row : rows())
      if (row.metric == Metric::rss) return row;
    ADD_FAILURE() << "no row";
    return {};
  }

  /// What the command has printed so far, once it holds `text`.
  std::string output_with(const std::string& text) const {
    for (int i = 0; i < 3000; ++i) {
      std::string output = program_.folder().read(".out") + program_.folder().read(".err");
      if (output.find(text) != std::string::npos) return output;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    ADD_FAILURE() << "'" << text << "' was never printed";
    return {};
  }

 private:
  Program program_;
};

/// What the actor printed, its own truth in bytes.
inline std::int64_t truth_of(const Outcome& outcome) { return std::stoll(outcome.out); }

/// 0.1 %, or 256 KiB for each of the threads, whichever is more.
inline std::int64_t tolerance(std::int64_t truth, std::int64_t threads = 1) {
  return std::max(truth / 1000, threads * (256 << 10));
}

}  // namespace calibram
