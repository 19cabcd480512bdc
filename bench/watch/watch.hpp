// SPDX-License-Identifier: MIT
// Runs a command untouched and keeps the peaks of its memory.
#pragma once

#include "bench/watch/collector.hpp"
#include "bench/watch/signals.hpp"
#include "src/core/bytes.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// How a command ended.
struct CommandEnd {
  int exec_error = 0;      ///< errno; it was never started where this is not 0
  int exit_status = 0;     ///< where `signal` is 0
  int signal = 0;          ///< that ended it
  bool is_known = true;    ///< false when the launcher was killed before it could say
  bool left_some = false;  ///< processes that it left behind were still there when the watching was ended
};

/// The peak of the control group.
struct GroupPeak {
  Bytes peak;
  std::string counter;
  std::int64_t killed_for_memory = 0;  ///< processes
};

struct WatchResult {
  CommandEnd end;
  std::optional<ResidentPeak> resident;
  std::optional<GroupPeak> group;
  std::string group_absence;  ///< why there is no group; empty where there is one
  std::vector<CardPeak> cards;
  std::string driver;  ///< of the cards; empty for none
  std::int64_t wall_milliseconds = 0;
};

/// Runs the command with this process's terminal, streams, group and environment, and returns when it and
/// all that it left behind have ended, or when a signal ended the watching of the latter. Signals to
/// this process go to the command; when the command is stopped, so is this process.
/// @param signals  what is to reach the command and not this process
/// @param note  hears in whole sentences what a person should know
/// @throws Error when the launcher cannot be started
WatchResult watch(const std::vector<std::string>& command, SignalGate& signals,
                  const std::function<void(const std::string&)>& note);

}  // namespace calibram
