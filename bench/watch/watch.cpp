// SPDX-License-Identifier: MIT
// One loop over the launcher's messages, signals, and what the collector waits for.
#include "bench/watch/watch.hpp"

#include "bench/watch/control_group.hpp"
#include "bench/watch/launch.hpp"
#include "bench/watch/signals.hpp"
#include "bench/watch/tree_walk.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace calibram {
namespace {

constexpr Nanoseconds never = std::numeric_limits<Nanoseconds>::max();

/// What the command reads and writes is its own: a pipe shall end when the command ends.
void let_go_of_streams() {
  const FileDescriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  ::dup2(nothing.number(), STDIN_FILENO);
  ::dup2(nothing.number(), STDOUT_FILENO);
}

bool ends_a_process(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

bool stops_a_process(int signal) { return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU; }

class Watch {
 public:
  Watch(const std::vector<std::string>& command, SignalGate& signals,
        const std::function<void(const std::string&)>& note)
      : note_{note},
        signals_{signals},
        name_{command.front()},
        group_{ControlGroup::make("/proc/self", control_group_name(), result_.group_absence)},
        launch_{command, signals_.blocked_before(), group_ ? group_->folder().string() : ""},
        collector_{launch_.pid()} {
    const auto message = launch_.next(true);
    if (!message || message->word != LaunchWord::ready)
      throw Error{fmt::format("{} does not answer", in_quotes(launcher_program().string())),
                  "it is of another version, or was killed", "build or install both programs anew"};
  }

  WatchResult run() {
    const Nanoseconds begin = monotonic_now();
    launch_.start();
    let_go_of_streams();
    while (!is_over_) {
      wait();
      while (const auto message = launch_.next()) hear(*message);
      while (const auto signal = signals_.next()) handle(*signal);
      collector_.look();
      if (launch_.has_hung_up() && !is_over_) lose_launcher();
      if (!is_over_ && monotonic_now() >= note_due_) tell_what_is_left();
    }
    result_.wall_milliseconds = (monotonic_now() - begin) / 1'000'000;
    finish();
    return std::move(result_);
  }

 private:
  /// Until something happens or a look is due.
  void wait() const {
    std::vector<pollfd> polled = {{launch_.descriptor(), POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}};
    for (const int descriptor : collector_.descriptors()) polled.push_back({descriptor, POLLIN, 0});
    const Nanoseconds due = std::min(collector_.due(), note_due_);
    constexpr Nanoseconds second = 1'000'000'000;
    const Nanoseconds left = std::max<Nanoseconds>(0, due - monotonic_now());
    const timespec timeout{left / second, left % second};
    ::ppoll(polled.data(), polled.size(), due == never ? nullptr : &timeout, nullptr);
  }

  void hear(const LaunchMessage& message) {
    switch (message.word) {
      case LaunchWord::started:
        command_ = message.pid;
        break;
      case LaunchWord::not_started:
        result_.end.exec_error = message.number;
        is_over_ = true;
        break;
      case LaunchWord::not_joined:
        result_.group_absence =
            fmt::format("the command could not join a group of its own: {}", std::strerror(message.number));
        break;
      case LaunchWord::reaped:
        hear_end(message);
        break;
      case LaunchWord::stopped:
        stop_by(message.number);
        break;
      case LaunchWord::left_behind:
        note_due_ = monotonic_now() + moment;
        break;
      case LaunchWord::alone:
        is_over_ = true;
        break;
      default:
        break;
    }
  }

  void hear_end(const LaunchMessage& message) {
    collector_.reaped(Bytes{1024} * message.peak_kib);
    if (message.pid != command_ || has_ended_) return;
    has_ended_ = true;
    const int status = message.number;
    result_.end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result_.end.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  }

  void handle(const ReceivedSignal& signal) {
    if (signal.sender == ::getpid()) return;  // SIGPIPE for what we wrote ourselves
    if (!has_ended_) {
      launch_.forward(signal.number, signal.sender);
    } else if (ends_a_process(signal.number)) {
      result_.end.left_some = true;
      is_over_ = true;
    } else if (stops_a_process(signal.number)) {
      stop_by(signal.number);
    }
  }

  /// What ends together with the command needs no words.
  void tell_what_is_left() {
    note_due_ = never;
    const std::vector<ListedProcess> left = descendants(launch_.pid());
    if (left.empty()) return;
    note_(fmt::format(
        "{} has ended and left {} running, {} (process {}){}; watching until they end, or until "
        "Ctrl-C",
        in_quotes(name_), left.size() == 1 ? "one process" : fmt::format("{} processes", left.size()),
        in_quotes(process_name(left.front().pid)), left.front().pid, left.size() == 1 ? "" : " among them"));
  }

  void lose_launcher() {
    result_.end.is_known = false;
    is_over_ = true;
  }

  void finish() {
    if (result_.end.exec_error != 0) return launch_.finish();
    collector_.finish();
    result_.resident = collector_.resident();
    result_.cards = collector_.cards();
    result_.driver = collector_.driver();
    if (group_ && result_.group_absence.empty()) {
      const auto peak = group_->peak();
      if (peak) result_.group = GroupPeak{*peak, group_->counter(), group_->killed_for_memory()};
      if (!peak) result_.group_absence = fmt::format("this kernel has no {}", group_->counter());
    }
    // The launcher stays for what is left behind, and removes the group afterwards.
    if (!result_.end.left_some) launch_.finish();
  }

  /// After which what the command left behind is worth a word.
  static constexpr Nanoseconds moment = 300'000'000;

  const std::function<void(const std::string&)>& note_;
  SignalGate& signals_;
  std::string name_;
  WatchResult result_;
  std::optional<ControlGroup> group_;
  Launch launch_;
  Collector collector_;
  pid_t command_ = 0;
  Nanoseconds note_due_ = never;
  bool has_ended_ = false, is_over_ = false;
};

}  // namespace

WatchResult watch(const std::vector<std::string>& command, SignalGate& signals,
                  const std::function<void(const std::string&)>& note) {
  return Watch{command, signals, note}.run();
}

}  // namespace calibram
