// SPDX-License-Identifier: MIT
// Blocks signals and reads them from a signalfd.
#include "bench/watch/signals.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <cstring>

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace calibram {
namespace {

sigset_t gated() {
  sigset_t set;
  ::sigfillset(&set);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGCHLD})
    ::sigdelset(&set, number);
  return set;
}

void unblock(int number, sigset_t& before) {
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, number);
  ::sigprocmask(SIG_UNBLOCK, &one, &before);
}

}  // namespace

SignalGate::SignalGate() {
  const sigset_t set = gated();
  ::sigprocmask(SIG_BLOCK, &set, &before_);
  descriptor_ = FileDescriptor{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (descriptor_.number() < 0)
    throw Error{"cannot listen for signals", std::strerror(errno), "close other programs"};
}

SignalGate::~SignalGate() {
  forget();
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void SignalGate::forget() {
  while (next()) {
  }
}

std::optional<ReceivedSignal> SignalGate::next() {
  signalfd_siginfo info;
  if (::read(descriptor_.number(), &info, sizeof info) != sizeof info) return std::nullopt;
  return ReceivedSignal{static_cast<int>(info.ssi_signo), static_cast<pid_t>(info.ssi_pid)};
}

std::uint64_t SignalGate::blocked_before() const {
  std::uint64_t bits = 0;
  for (int number = 1; number <= 64; ++number)
    if (::sigismember(&before_, number) == 1) bits |= std::uint64_t{1} << (number - 1);
  return bits;
}

void stop_by(int number) {
  // Of a signal that stops, only SIGSTOP cannot be ignored; by default the others stop, too.
  sigset_t before;
  ::signal(number, SIG_DFL);
  ::raise(number);
  unblock(number, before);  // stops here
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

void die_by(int number) {
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(number, SIG_DFL);
  ::raise(number);
  sigset_t before;
  unblock(number, before);
}

}  // namespace calibram
