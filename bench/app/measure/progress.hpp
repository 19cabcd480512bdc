// SPDX-License-Identifier: MIT
// A progress bar with the time left, on a terminal only.
#pragma once

#include "bench/sweep/sweep.hpp"

#include <chrono>
#include <string>

namespace calibram {

/// The line "[######----] 42/102  0:23 left  probe-gqa fp16/fp16 1 x 1000". Time left follows the work that
/// is done, not the points, since points differ a thousandfold. @param width  columns of the terminal
std::string progress_line(const SweepProgress& progress, std::chrono::duration<double> elapsed, int width);

/// Draws on standard error while it lives; does nothing when that is no terminal.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const SweepProgress& progress);

 private:
  bool on_terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace calibram
