// SPDX-License-Identifier: MIT
// The kernel's counters follow what this process touches.
#include "kernels/host/host_probe.hpp"

#include "kernels/host/host_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace calibram {
namespace {

using namespace literals;

constexpr Bytes block = 64_MiB;

void touch(void* memory) { std::memset(memory, 1, static_cast<std::size_t>(block.count())); }

TEST(HostProbe, ResidentMemoryGrowsByWhatIsTouchedAndNotByWhatIsReserved) {
  const Bytes before = read_host().resident;
  HostMemory memory;
  void* pages = memory.allocate(Term::weights, block);
  EXPECT_LT(read_host().resident - before, 4_MiB) << "untouched pages are not there yet";
  touch(pages);
  const Bytes grown = read_host().resident - before;
  EXPECT_GE(grown + 1_MiB, block);
  EXPECT_LE(grown, block + 4_MiB);
  memory.release(pages);
  EXPECT_LT(read_host().resident - before, 4_MiB);
}

TEST(HostProbe, ThePeakFallsWhenItIsReset) {
  if (!reset_peak()) GTEST_SKIP() << "/proc/self/clear_refs is not writable here";
  HostMemory memory;
  void* pages = memory.allocate(Term::weights, block);
  touch(pages);
  const Bytes high = read_host().peak;
  memory.release(pages);
  EXPECT_GE(read_host().peak + resident_counter_slack(), high) << "a peak outlives its memory";
  ASSERT_TRUE(reset_peak());
  EXPECT_LT(read_host().peak, high - block + 4_MiB + resident_counter_slack());
}

TEST(HostProbe, TheCountersSlackIsPositiveAndOfPages) {
  EXPECT_GT(resident_counter_slack(), 0_B);
  EXPECT_EQ(resident_counter_slack().count() % 4096, 0);
}

TEST(HostProbe, WhatIsAvailableIsAPartOfTheWhole) {
  const HostMachine& machine = describe_host();
  EXPECT_FALSE(machine.name.empty());
  EXPECT_TRUE(machine.kernel.starts_with("Linux ")) << machine.kernel;
  EXPECT_GT(available_host_memory(), 0_B);
  EXPECT_LE(available_host_memory(), machine.total);
}

}  // namespace
}  // namespace calibram
