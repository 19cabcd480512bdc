// SPDX-License-Identifier: MIT
// A program that uses a known amount of memory in many ways and prints what it was: the truth for a watch.
//   actor touch MIB | together MIB... | in-turn MIB... | leave MIB FIFO | exec MIB | die MIB SIGNAL | count
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Walks the page tables: exact.
long resident_kib() {
  std::ifstream in{"/proc/self/smaps_rollup"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("Rss:", 0) == 0) return std::atol(line.c_str() + 4);
  return 0;
}

/// Allocates and writes, 4 MiB in each burst, one burst a millisecond.
void touch(long mib) {
  const std::size_t size = static_cast<std::size_t>(mib) << 20, burst = std::size_t{4} << 20;
  void* const block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) std::exit(1);
  ::madvise(block, size, MADV_NOHUGEPAGE);
  const timespec pause{0, 1'000'000};
  for (std::size_t done = 0; done < size; done += burst) {
    std::memset(static_cast<char*>(block) + done, 1, std::min(burst, size - done));
    ::nanosleep(&pause, nullptr);
  }
}

void print_truth(long kib) {
  std::printf("%ld bytes\n", kib * 1024);
  std::fflush(stdout);
}

struct Pipe {
  int ends[2];
  Pipe() {
    if (::pipe(ends) != 0) std::exit(1);
  }
};

/// All children hold their memory at once: each says how much it has, and goes when all have.
void hold_together(const std::vector<long>& sizes) {
  Pipe reports, go;
  for (const long mib : sizes) {
    if (::fork() != 0) continue;
    ::close(go.ends[1]);
    touch(mib);
    const long kib = resident_kib();
    char end;
    if (::write(reports.ends[1], &kib, sizeof kib) != sizeof kib || ::read(go.ends[0], &end, 1) != 0)
      ::_exit(1);
    ::_exit(0);
  }
  long sum = resident_kib();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    long kib = 0;
    if (::read(reports.ends[0], &kib, sizeof kib) != sizeof kib) std::exit(1);
    sum += kib;
  }
  print_truth(sum);
  ::close(go.ends[1]);
  while (::wait(nullptr) > 0) {
  }
}

void hold_in_turn(const std::vector<long>& sizes) {
  long largest = 0;
  for (const long mib : sizes) {
    Pipe report;
    if (::fork() == 0) {
      touch(mib);
      const long kib = resident_kib();
      ::_exit(::write(report.ends[1], &kib, sizeof kib) == sizeof kib ? 0 : 1);
    }
    long kib = 0;
    if (::read(report.ends[0], &kib, sizeof kib) != sizeof kib) std::exit(1);
    ::wait(nullptr);
    largest = std::max(largest, kib);
  }
  print_truth(largest + resident_kib());
}

/// A daemon, which ends when somebody has written to the FIFO.
void leave(long mib, const char* fifo) {
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  touch(mib);
  print_truth(resident_kib());
  char end;
  const int file = ::open(fifo, O_RDONLY);
  ::_exit(::read(file, &end, 1) >= 0 ? 0 : 1);
}

/// Counts SIGUSR1 until SIGUSR2 comes.
void count() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR1);
  ::sigaddset(&signals, SIGUSR2);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::printf("ready %d\n", ::getpid());
  std::fflush(stdout);
  int times = 0;
  for (int number = 0; number != SIGUSR2;) {
    ::sigwait(&signals, &number);
    times += number == SIGUSR1;
  }
  std::printf("%d times\n", times);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string act = argc > 1 ? argv[1] : "";
  std::vector<long> numbers;
  for (int i = 2; i < argc; ++i) numbers.push_back(std::atol(argv[i]));
  if (act == "count") return count(), 0;
  if (numbers.empty()) return 2;
  if (act == "together") return hold_together(numbers), 0;
  if (act == "in-turn") return hold_in_turn(numbers), 0;
  if (act == "leave" && argc == 4) leave(numbers[0], argv[3]);
  touch(numbers[0]);
  print_truth(resident_kib());
  if (act == "exec") ::execl(argv[0], argv[0], "touch", "1", nullptr);
  if (act == "die" && numbers.size() == 2) ::raise(static_cast<int>(numbers[1]));
  return act == "touch" ? 0 : 1;
}
