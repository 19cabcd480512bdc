// SPDX-License-Identifier: MIT
// Starts a child process, reads its lines and waits for its end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace calibram {

/// Bytes of a program's last words that are kept.
inline constexpr std::size_t longest_reason = 500;

/// How a process ended.
struct ProcessEnd {
  int exit_status = 0;       ///< where `signal` is 0
  int signal = 0;            ///< that killed it
  bool interrupted = false;  ///< we killed it because `stop` was set
  std::string last_error;    ///< the last line of its standard error
  bool timed_out = false;    ///< we killed it because its time was up
};

/// Runs `arguments[0]`, hands the whole lines of its standard output to `on_line`, and waits. When `stop`
/// becomes true, or `on_line` throws, the child is killed; none outlives the call.
/// @throws Error when it cannot be started
ProcessEnd run_process(const std::vector<std::string>& arguments,
                       const std::function<void(const std::string&)>& on_line, const std::atomic<bool>& stop);

/// What a line of the child's standard output is answered with on its standard input; empty: nothing.
using LineAnswer = std::function<std::string(const std::string& line)>;

/// The same with a child that is answered, and that is killed when it takes longer than `limit`. A child that
/// has ended before it could be answered is no error.
ProcessEnd converse(const std::vector<std::string>& arguments, const LineAnswer& answer,
                    const std::atomic<bool>& stop, std::chrono::milliseconds limit);

}  // namespace calibram
