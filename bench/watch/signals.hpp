// SPDX-License-Identifier: MIT
// Signals as something to be read, and how a process stops or dies as another one did.
#pragma once

#include "src/core/file.hpp"

#include <cstdint>
#include <optional>

#include <sys/types.h>
#include <csignal>

namespace calibram {

struct ReceivedSignal {
  int number = 0;
  pid_t sender = 0;  ///< 0: the kernel, for example for Ctrl-C at the terminal
};

/// While it lives, signals are read here instead of acting on this process. Those that stand for a fault of
/// its own, and SIGCHLD, are left as they are.
class SignalGate {
 public:
  /// @throws Error when the system refuses
  SignalGate();
  SignalGate(const SignalGate&) = delete;
  SignalGate& operator=(const SignalGate&) = delete;
  ~SignalGate();

  int descriptor() const noexcept { return descriptor_.number(); }
  std::optional<ReceivedSignal> next();

  /// Drops what has come and was not read: it was for the command.
  void forget();

  /// Bit 0: whether signal 1 was blocked before; what a command is to find.
  std::uint64_t blocked_before() const;

 private:
  sigset_t before_{};
  FileDescriptor descriptor_;
};

/// Stops this process as signal `number` would, until somebody continues it.
void stop_by(int number);

/// Ends this process by the signal, without a core of its own. Returns where the signal does not end it.
void die_by(int number);

}  // namespace calibram
