// SPDX-License-Identifier: MIT
// Calibram's end of the launcher: starts it, and exchanges messages with it.
#pragma once

#include "bench/watch/launch_message.hpp"
#include "src/core/file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace calibram {

/// The file of calibram-launch: beside this program.
std::filesystem::path launcher_program();

/// A running launcher. When this object goes, the launcher reaps what is left, then ends by itself.
class Launch {
 public:
  /// Starts it; the command waits for `start()`. @param blocked  signals that the command shall find blocked
  /// @param group_folder  of the control group that the command joins; empty for none
  /// @throws Error when it cannot be started
  Launch(const std::vector<std::string>& command, std::uint64_t blocked, const std::string& group_folder);

  void start() { send({LaunchWord::start}); }
  void forward(int signal, pid_t sender) { send({LaunchWord::forward, sender, signal}); }

  pid_t pid() const noexcept { return pid_; }
  int descriptor() const noexcept { return socket_.number(); }

  /// The next message, waited for or not; absent where there is none.
  std::optional<LaunchMessage> next(bool wait = false);
  bool has_hung_up() const noexcept { return has_hung_up_; }

  /// Ends the conversation and waits until the launcher has ended, which it does when nothing is left.
  void finish();

 private:
  void send(const LaunchMessage& message) const;

  FileDescriptor socket_;
  pid_t pid_ = 0;
  bool has_hung_up_ = false;
};

}  // namespace calibram
