// SPDX-License-Identifier: MIT
// posix_spawn with two pipes, polled.
#include "bench/sweep/process.hpp"

#include "src/core/error.hpp"
#include "src/core/file.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace calibram {
namespace {

struct Pipe {
  FileDescriptor read_end, write_end;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error{"cannot open a pipe to a measuring process", std::strerror(errno), "close other programs"};
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

pid_t start(const std::vector<std::string>& arguments, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.number(), STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failure = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw Error{"cannot start the measuring process '" + arguments[0] + "'", std::strerror(failure), ""};
  return pid;
}

/// Splits what a pipe delivers into lines.
class LineBuffer {
 public:
  template <typename OnLine>
  void add(std::string_view text, const OnLine& on_line) {
    pending_ += text;
    std::size_t begin = 0;
    for (std::size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1)
      on_line(pending_.substr(begin, end - begin));
    pending_.erase(0, begin);
  }

 private:
  std::string pending_;
};

/// Reads once; false at the end of the stream.
template <typename OnLine>
bool drain(const FileDescriptor& from, LineBuffer& lines, const OnLine& on_line) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(from.number(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  lines.add({buffer.data(), static_cast<std::size_t>(count)}, on_line);
  return count > 0;
}

constexpr int poll_milliseconds = 50;

}  // namespace

ProcessEnd run_process(const std::vector<std::string>& arguments,
                       const std::function<void(const std::string&)>& on_line,
                       const std::atomic<bool>& stop) {
  Pipe out = open_pipe(), err = open_pipe();
  const pid_t pid = start(arguments, out, err);
  out.write_end = FileDescriptor{};
  err.write_end = FileDescriptor{};
  ProcessEnd end;
  const auto keep_error = [&](const std::string& line) {
    if (!line.empty()) end.last_error = line;
  };
  LineBuffer out_lines, err_lines;
  while (out.read_end.number() >= 0 || err.read_end.number() >= 0) {
    if (stop && !end.interrupted) {
      end.interrupted = true;
      ::kill(pid, SIGKILL);
    }
    std::array<pollfd, 2> polled{{{out.read_end.number(), POLLIN, 0}, {err.read_end.number(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), poll_milliseconds) <= 0) continue;
    if (polled[0].revents != 0 && !drain(out.read_end, out_lines, on_line)) out.read_end = FileDescriptor{};
    if (polled[1].revents != 0 && !drain(err.read_end, err_lines, keep_error))
      err.read_end = FileDescriptor{};
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  return end;
}

}  // namespace calibram
