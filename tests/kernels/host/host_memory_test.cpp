// SPDX-License-Identifier: MIT
// Mappings of tensors: what they cost, how they are booked, and what happens when there is no room.
#include "kernels/host/host_memory.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace calibram {
namespace {

using namespace literals;

Bytes pages(std::int64_t count) { return Bytes{count * sysconf(_SC_PAGESIZE)}; }

bool is_mapped(void* address) {
  unsigned char resident = 0;
  return mincore(address, 1, &resident) == 0;
}

bool is_resident(void* address) {
  unsigned char resident = 0;
  return mincore(address, 1, &resident) == 0 && (resident & 1) != 0;
}

/// The VmFlags line of the mapping that holds the address.
std::string mapping_flags(void* address) {
  std::ifstream smaps{"/proc/self/smaps"};
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long first = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &end) == 2) inside = first <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

TEST(HostMemory, BooksWhatIsAskedAndWhatItCosts) {
  HostMemory memory;
  memory.allocate(Term::weights, 1_B);
  memory.allocate(Term::kv_cache, pages(2) + 1_B);
  EXPECT_EQ(memory.requested().live[Term::weights], 1_B);
  EXPECT_EQ(memory.rounded().live[Term::weights], pages(1));
  EXPECT_EQ(memory.requested().live[Term::kv_cache], pages(2) + 1_B);
  EXPECT_EQ(memory.rounded().live[Term::kv_cache], pages(3));
  EXPECT_EQ(memory.rounded().live.total(), pages(4));
}

TEST(HostMemory, ThePeakIsOneInstantNotTheSumOfEachTermsPeak) {
  HostMemory memory;
  void* weights = memory.allocate(Term::weights, pages(5));
  void* early = memory.allocate(Term::workspace, pages(3));
  memory.release(early);
  memory.allocate(Term::activation, pages(4));
  memory.release(weights);
  memory.allocate(Term::logits, pages(4));
  TermBytes expected;
  expected[Term::weights] = pages(5);
  expected[Term::activation] = pages(4);
  EXPECT_EQ(memory.rounded().at_peak, expected);
  EXPECT_EQ(memory.requested().at_peak, expected);
}

TEST(HostMemory, EachBookFindsItsOwnPeak) {
  HostMemory memory;
  void* large = memory.allocate(Term::weights, pages(1));
  memory.release(large);
  for (int i = 0; i < 2; ++i) memory.allocate(Term::logits, 1_B);
  EXPECT_EQ(memory.requested().at_peak.total(), pages(1));
  EXPECT_EQ(memory.rounded().at_peak.total(), pages(2));
}

TEST(HostMemory, AResetPeakStartsFromWhatIsAlive) {
  HostMemory memory;
  memory.allocate(Term::weights, pages(2));
  void* gone = memory.allocate(Term::logits, pages(7));
  memory.release(gone);
  memory.reset_peak();
  EXPECT_EQ(memory.rounded().at_peak.total(), pages(2));
  memory.allocate(Term::logits, pages(1));
  EXPECT_EQ(memory.rounded().at_peak.total(), pages(3));
}

TEST(HostMemory, ReleaseUnmapsAndTheDestructorUnmapsTheRest) {
  void* rest = nullptr;
  {
    HostMemory memory;
    void* released = memory.allocate(Term::weights, pages(1));
    EXPECT_TRUE(is_mapped(released));
    memory.release(released);
    EXPECT_FALSE(is_mapped(released));
    EXPECT_EQ(memory.requested().live.total(), Bytes{});
    rest = memory.allocate(Term::weights, pages(1));
  }
  EXPECT_FALSE(is_mapped(rest));
}

TEST(HostMemory, APageIsResidentOnlyOnceWrittenAndNeverHuge) {
  HostMemory memory;
  auto* bytes = static_cast<char*>(memory.allocate(Term::weights, 8_MiB));
  char* second_page = bytes + pages(1).count();
  EXPECT_FALSE(is_resident(bytes));
  *bytes = 1;
  EXPECT_TRUE(is_resident(bytes));
  EXPECT_FALSE(is_resident(second_page));
  const std::string flags = mapping_flags(bytes);
  if (flags.empty()) GTEST_SKIP() << "this kernel does not tell the flags of mappings";
  EXPECT_NE(flags.find(" nh "), std::string::npos) << flags;
}

TEST(HostMemory, PoisonReachesTheLastByte) {
  HostMemory memory{true};
  const auto* bytes = static_cast<unsigned char*>(memory.allocate(Term::weights, 100000_B));
  EXPECT_EQ(std::vector<unsigned char>(bytes, bytes + 100000), std::vector<unsigned char>(100000, 0xFF));
}

TEST(HostMemory, NoBytesNeedNoMemory) {
  HostMemory memory;
  EXPECT_EQ(memory.allocate(Term::weights, 0_B), nullptr);
  EXPECT_NO_THROW(memory.release(nullptr));
  EXPECT_THROW(memory.allocate(Term::weights, Bytes{-1}), InputError);
}

TEST(HostMemory, AReleaseOfWhatIsNotAliveIsAnError) {
  HostMemory memory;
  void* address = memory.allocate(Term::weights, 1_B);
  memory.release(address);
  EXPECT_THROW(memory.release(address), Error);
}

/// What allocating far beyond a limit of the address space does, as the exit status of a process.
int allocate_beyond_limit() {
  const rlimit limit{1 << 30, 1 << 30};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  HostMemory memory;
  memory.allocate(Term::weights, 1_MiB);
  try {
    memory.allocate(Term::kv_cache, 4_GiB);
  } catch (const OutOfMemory& full) {
    const bool says_both = std::string{full.what()}.find("4096.00 MiB beside 1.00 MiB") != std::string::npos;
    const bool unbooked = memory.requested().live.total() == 1_MiB;
    return full.wanted() == 4_GiB && full.live() == 1_MiB && says_both && unbooked ? 0 : 3;
  }
  return 4;
}

TEST(HostMemory, AFullHostSaysWhatWasWantedAndWhatIsLive) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer needs more address space than the limit";
#endif
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(allocate_beyond_limit());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace calibram
