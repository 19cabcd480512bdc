// SPDX-License-Identifier: MIT
// posix_spawn of calibram-launch with a socket.
#include "bench/watch/launch.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace calibram {
namespace {

pid_t spawn(const std::vector<std::string>& arguments, int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Onto itself: that clears close-on-exec.
  posix_spawn_file_actions_adddup2(&actions, socket, socket);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failure = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw Error{fmt::format("cannot start {}", in_quotes(arguments[0])), std::strerror(failure),
                "it belongs beside the program calibram; build or install both"};
  return pid;
}

}  // namespace

std::filesystem::path launcher_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "calibram-launch";
}

Launch::Launch(const std::vector<std::string>& command, std::uint64_t blocked,
               const std::string& group_folder) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error{"cannot open a socket to calibram-launch", std::strerror(errno), "close other programs"};
  socket_ = FileDescriptor{ends[0]};
  const FileDescriptor theirs{ends[1]};
  std::vector<std::string> arguments = {launcher_program().string(), launch_protocol,
                                        std::to_string(theirs.number()), fmt::format("{:x}", blocked),
                                        group_folder};
  arguments.insert(arguments.end(), command.begin(), command.end());
  pid_ = spawn(arguments, theirs.number());
}

std::optional<LaunchMessage> Launch::next(bool wait) {
  LaunchMessage message;
  ssize_t size = 0;
  do {
    size = ::recv(socket_.number(), &message, sizeof message, wait ? 0 : MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size == sizeof message) return message;
  has_hung_up_ = has_hung_up_ || size >= 0 || errno != EAGAIN;
  return std::nullopt;
}

void Launch::finish() {
  socket_ = FileDescriptor{};
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Launch::send(const LaunchMessage& message) const {
  static_cast<void>(::send(socket_.number(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace calibram
