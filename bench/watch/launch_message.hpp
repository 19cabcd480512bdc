// SPDX-License-Identifier: MIT
// What calibram and its launcher tell each other over a socket that keeps messages whole.
#pragma once

#include <cstdint>

namespace calibram {

enum class LaunchWord : std::int32_t {
  // from the launcher
  ready,        ///< it is a launcher of this version; nothing is started yet
  started,      ///< the command runs as `pid`
  not_started,  ///< `number` is the errno of execvp
  not_joined,   ///< the command runs outside its control group; `number` is the errno
  reaped,       ///< process `pid` has ended with wait status `number`; `peak_kib` as wait4 says
  stopped,      ///< the command was stopped by signal `number`
  left_behind,  ///< the command has ended, but processes that it started are there
  alone,        ///< nothing is left
  // to the launcher
  start,    ///< start the command now
  forward,  ///< send it signal `number`, which `pid` sent us, unless the same sender reached the whole group
};

struct LaunchMessage {
  LaunchWord word{};
  std::int32_t pid = 0;
  std::int32_t number = 0;
  std::int32_t peak_kib = 0;
};

/// Its first argument, so that a launcher of another version is noticed.
inline constexpr const char* launch_protocol = "calibram-launch-1";

}  // namespace calibram
