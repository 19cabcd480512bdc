// SPDX-License-Identifier: MIT
// What calibrate and measure share: their options, and one sweep of this machine.
#pragma once

#include "bench/app/measure/target.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace calibram {

class MeasuringOptions {
 public:
  void add_to(CLI::App& verb);

  /// What --device names. @throws as find_target
  Target target() const;

  /// The folder for measurements and profile. @throws Error when it cannot be made
  std::filesystem::path folder(const Target& target) const;

  struct Outcome {
    std::filesystem::path csv;
    SweepResult result;
  };

  /// The built-in plan of the size that the flags name. @throws InputError for flags that exclude each other
  std::vector<Point> plan(const Target& target) const;

  /// Measures the plan into a CSV of that folder; says on standard error what it does.
  /// @throws Error when interrupted, with how to go on, or when no point could be measured
  Outcome measure(const Target& target, const std::vector<Point>& plan) const;

  /// --quick or --full, whichever is given, else empty.
  std::string size_flag() const { return quick_ ? "--quick" : full_ ? "--full" : ""; }

 private:
  std::filesystem::path csv(const Target& target) const;

  std::string device_ = "auto";
  std::string out_;
  std::string budget_;
  bool resume_ = false;
  bool quick_ = false;
  bool full_ = false;
};

}  // namespace calibram
