// SPDX-License-Identifier: MIT
// calibram-launch: starts a command for calibram watch and reaps it and what it leaves behind.
//
// A program of its own because a process inherits the resident high-water mark of the one that forks it, also
// across exec (ru_maxrss, exec_mmap in fs/exec.c): this one is static and uses no C++ library, so its mark
// is below that of any command. It outlives calibram if that is killed, and then goes on reaping.
//   calibram-launch PROTOCOL SOCKET SIGNALS FOLDER COMMAND...
#include "bench/watch/launch_message.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using calibram::LaunchMessage;
using calibram::LaunchWord;

/// What the command line says. Plain pointers into it: nothing is allocated here.
struct Task {
  int socket = -1;
  unsigned long long blocked = 0;  ///< signals that the command shall find blocked, bit 0 for signal 1
  bool ignores_children = false;   ///< calibram was started with SIGCHLD ignored, so the command is too
  const char* group_folder = "";   ///< of the control group that the command joins; empty: none
  char** command = nullptr;
};

bool tell(const Task& task, LaunchWord word, pid_t pid = 0, int number = 0, long peak_kib = 0) {
  const LaunchMessage message{word, pid, number, static_cast<std::int32_t>(peak_kib)};
  return ::send(task.socket, &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
}

/// A signal that this process got itself, because it was sent to the whole process group.
struct Seen {
  int number;
  pid_t sender;
  timespec when;
};

long milliseconds_since(const timespec& when) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - when.tv_sec) * 1000 + (now.tv_nsec - when.tv_nsec) / 1'000'000;
}

/// The last signals to the group.
class SeenSignals {
 public:
  void add(int number, pid_t sender) {
    Seen& place = seen_[next_++ % (sizeof seen_ / sizeof *seen_)];
    place.number = number;
    place.sender = sender;
    ::clock_gettime(CLOCK_MONOTONIC, &place.when);
  }

  /// Whether the sender's signal came here too; each is used once.
  bool take(int number, pid_t sender) {
    for (Seen& seen : seen_) {
      if (seen.number != number || seen.sender != sender || milliseconds_since(seen.when) > longest) continue;
      seen.number = 0;
      return true;
    }
    return false;
  }

 private:
  /// Calibram may be stopped for long between a signal to the group and its word of it; another one from the
  /// same sender to calibram alone within this time is rarer still.
  static constexpr long longest = 1000;
  Seen seen_[32]{};
  unsigned next_ = 0;
};

/// What the child says of itself before it becomes the command.
struct Failure {
  int join_error, exec_error;
};

/// Whether a name that PATH is searched for is in none of its folders. execvp says "permission denied" where
/// one of the folders may not be read; shells say "not found".
bool is_nowhere(const char* name) {
  if (std::strchr(name, '/') != nullptr) return false;
  const char* path = std::getenv("PATH");
  while (path != nullptr && *path != '\0') {
    const std::size_t length = std::strcspn(path, ":");
    char file[4096];
    std::snprintf(file, sizeof file, "%.*s/%s", static_cast<int>(length), path, name);
    if (::access(file, F_OK) == 0) return false;
    path += length + (path[length] == ':' ? 1 : 0);
  }
  return true;
}

int join(const char* folder) {
  if (*folder == '\0') return 0;
  char path[4096];
  std::snprintf(path, sizeof path, "%s/cgroup.procs", folder);
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = ::write(file, "0", 1) == 1 ? 0 : errno;
  ::close(file);
  return error;
}

[[noreturn]] void become_command(const Task& task, int failures) {
  Failure failure{join(task.group_folder), 0};
  if (failure.join_error != 0) static_cast<void>(::write(failures, &failure, sizeof failure));
  // What calibram changed for itself: it ignores SIGXFSZ and blocks nearly all.
  std::signal(SIGXFSZ, SIG_DFL);
  std::signal(SIGCHLD, task.ignores_children ? SIG_IGN : SIG_DFL);
  sigset_t mask;
  ::sigemptyset(&mask);
  for (int number = 1; number <= 64; ++number)
    if ((task.blocked >> (number - 1) & 1) != 0) ::sigaddset(&mask, number);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(task.command[0], task.command);
  failure = {0, errno == EACCES && is_nowhere(task.command[0]) ? ENOENT : errno};
  static_cast<void>(::write(failures, &failure, sizeof failure));
  ::_exit(127);
}

/// Starts the command. @return its process, or 0 when that was not possible, which calibram is told
pid_t start(const Task& task) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tell(task, LaunchWord::not_started, 0, errno), 0;
  const pid_t pid = ::fork();
  if (pid == 0) become_command(task, ends[1]);
  ::close(ends[1]);
  Failure failure{0, pid < 0 ? errno : 0};
  int join_error = 0;
  // exec closes the pipe.
  while (pid > 0 && failure.exec_error == 0 && ::read(ends[0], &failure, sizeof failure) == sizeof failure)
    if (failure.join_error != 0) join_error = failure.join_error;
  ::close(ends[0]);
  if (failure.exec_error != 0) return tell(task, LaunchWord::not_started, 0, failure.exec_error), 0;
  if (join_error != 0) tell(task, LaunchWord::not_joined, 0, join_error);
  tell(task, LaunchWord::started, pid);
  return pid;
}

/// Open files that the command may want to see closed: pipes to it end when it ends, not when this does.
void let_go_of_files(int socket, int signals) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int number = 0; number < 3; ++number) ::dup2(nothing, number);
  const int low = socket < signals ? socket : signals, high = socket < signals ? signals : socket;
  const auto close_range = [](int first, int last) {
    if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
    for (int number = first; number <= last && number < 1024; ++number) ::close(number);
  };
  close_range(3, low - 1);
  close_range(low + 1, high - 1);
  close_range(high + 1, 0x7FFFFFFF);
}

class Launcher {
 public:
  Launcher(const Task& task, int signals) : task_{task}, signals_{signals} {}

  void run() {
    wait_for_start();
    command_ = is_abandoned_ ? 0 : start(task_);
    if (command_ == 0) return;
    let_go_of_files(task_.socket, signals_);
    while (!(is_alone_ && is_abandoned_)) {
      pollfd polled[2] = {{signals_, POLLIN, 0}, {is_abandoned_ ? -1 : task_.socket, POLLIN, 0}};
      ::poll(polled, 2, -1);
      read_signals();
      reap();
      if (polled[1].revents != 0) listen();
    }
  }

 private:
  void wait_for_start() {
    LaunchMessage message;
    is_abandoned_ = ::recv(task_.socket, &message, sizeof message, 0) != sizeof message;
  }

  void listen() {
    LaunchMessage message;
    const ssize_t size = ::recv(task_.socket, &message, sizeof message, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) is_abandoned_ = true;
    if (size == sizeof message && message.word == LaunchWord::forward) forward(message.number, message.pid);
  }

  /// Sends on what only calibram got. What the terminal or "kill -PGID" sent to the group, the command has.
  void forward(int number, pid_t sender) {
    if (seen_.take(number, sender)) return;
    constexpr int on_its_way = 5;  // milliseconds: the kernel goes through a group one by one
    pollfd polled{signals_, POLLIN, 0};
    ::poll(&polled, 1, on_its_way);
    read_signals();
    if (!seen_.take(number, sender) && !has_ended_) ::kill(command_, number);
  }

  void read_signals() {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof info) == sizeof info)
      if (info.ssi_signo != SIGCHLD)
        seen_.add(static_cast<int>(info.ssi_signo), static_cast<pid_t>(info.ssi_pid));
  }

  void reap() {
    int status = 0;
    rusage used{};
    pid_t pid;
    while ((pid = ::wait4(-1, &status, WNOHANG | WUNTRACED, &used)) > 0) {
      if (WIFSTOPPED(status)) {
        if (pid == command_) tell(task_, LaunchWord::stopped, pid, WSTOPSIG(status));
        continue;
      }
      has_ended_ = has_ended_ || pid == command_;
      tell(task_, LaunchWord::reaped, pid, status, used.ru_maxrss);
      if (pid == command_ && ::waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) == 0)
        tell(task_, LaunchWord::left_behind);
    }
    if (pid < 0 && errno == ECHILD && !is_alone_) {
      is_alone_ = true;
      tell(task_, LaunchWord::alone);
    }
  }

  const Task& task_;
  int signals_;
  pid_t command_ = 0;
  SeenSignals seen_;
  bool has_ended_ = false, is_alone_ = false, is_abandoned_ = false;
};

/// The kernel may need a moment after the last process has gone.
void remove_group(const char* folder) {
  if (*folder == '\0') return;
  for (int i = 0; i < 50 && ::rmdir(folder) != 0 && errno == EBUSY; ++i) ::usleep(10'000);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[1], calibram::launch_protocol) != 0) {
    std::fputs("calibram-launch is started by \"calibram watch\" of the same version\n", stderr);
    return 2;
  }
  Task task;
  task.socket = std::atoi(argv[2]);
  task.blocked = std::strtoull(argv[3], nullptr, 16);
  task.group_folder = argv[4];
  task.command = argv + 5;
  ::fcntl(task.socket, F_SETFD, FD_CLOEXEC);
  struct sigaction children {};
  ::sigaction(SIGCHLD, nullptr, &children);
  task.ignores_children = children.sa_handler == SIG_IGN;
  std::signal(SIGCHLD, SIG_DFL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  const int signals = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0 || !tell(task, LaunchWord::ready)) return 1;
  Launcher{task, signals}.run();
  remove_group(task.group_folder);
  return 0;
}
