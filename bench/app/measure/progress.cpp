// SPDX-License-Identifier: MIT
// Draws the bar.
#include "bench/app/measure/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace calibram {
namespace {

constexpr int bar_width = 24;
constexpr int default_columns = 80;

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : default_columns;
}

std::string time_left(const SweepProgress& progress, std::chrono::duration<double> elapsed) {
  if (progress.work_done <= 0) return "";
  const double rest = elapsed.count() * (progress.work_total - progress.work_done) / progress.work_done;
  const long seconds = std::lround(std::max(0.0, rest));
  return fmt::format("{}:{:02} left", seconds / 60, seconds % 60);
}

}  // namespace

std::string progress_line(const SweepProgress& progress, std::chrono::duration<double> elapsed, int width) {
  const double share = progress.work_total > 0 ? progress.work_done / progress.work_total : 0;
  const int filled = static_cast<int>(std::lround(bar_width * std::clamp(share, 0.0, 1.0)));
  std::string line =
      fmt::format("[{:-<{}}] {}/{}  {}  {}", std::string(static_cast<std::size_t>(filled), '#'), bar_width,
                  progress.done, progress.total, time_left(progress, elapsed), progress.current);
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(1, width - 1))));
  return line;
}

ProgressBar::ProgressBar() : on_terminal_{::isatty(STDERR_FILENO) == 1} {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::cerr << "\r\033[K" << std::flush;
}

void ProgressBar::show(const SweepProgress& progress) {
  if (!on_terminal_) return;
  const auto elapsed = std::chrono::steady_clock::now() - start_;
  std::cerr << "\r\033[K" << progress_line(progress, elapsed, terminal_columns()) << std::flush;
  drawn_ = true;
}

}  // namespace calibram
