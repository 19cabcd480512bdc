// SPDX-License-Identifier: MIT
// The simulated caching allocator against PyTorch's documented rules and published statistics.
#include "src/engine/allocators/caching_allocator.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace calibram {
namespace {

using namespace literals;

// discuss.pytorch.org/t/178671: the cuBLAS workspace of 8,519,680 B is all that lives, 20,971,520 B are
// reserved.
TEST(CachingAllocator, ARequestBelowTenMebibytesTakesAPartOfATwentyMebibyteSegment) {
  CachingAllocator allocator;
  const auto* block = allocator.allocate(8519680_B);
  EXPECT_EQ(block->size, 8519680);
  EXPECT_EQ(allocator.statistics().reserved, 20971520_B);
  EXPECT_EQ(allocator.statistics().reserved - allocator.statistics().allocated, 12451840_B);
}

TEST(CachingAllocator, ARestOfAtMostOneMebibyteStaysInTheBlock) {
  CachingAllocator allocator;
  EXPECT_EQ(allocator.allocate(135_MiB)->size, (136_MiB).count());
  EXPECT_EQ(allocator.allocate(128_MiB + 512_B)->size, (128_MiB + 512_B).count());
  EXPECT_EQ(allocator.statistics().requested, 263_MiB + 512_B);
  EXPECT_EQ(allocator.statistics().reserved, 266_MiB);
}

TEST(CachingAllocator, SmallRequestsShareSegmentsOfTwoMebibytes) {
  CachingAllocator allocator;
  EXPECT_EQ(allocator.allocate(1_B)->size, 512);
  allocator.allocate(1_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 2_MiB);
  allocator.allocate(1_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 4_MiB);
  allocator.allocate(1_MiB + 1_B);  // the first of the large ones
  EXPECT_EQ(allocator.statistics().reserved, 24_MiB);
}

TEST(CachingAllocator, TheSmallestFreeBlockThatIsLargeEnoughIsTaken) {
  CachingAllocator allocator;
  auto* large = allocator.allocate(40_MiB);
  auto* fitting = allocator.allocate(24_MiB);
  const std::int64_t address = fitting->address;
  allocator.free(large);
  allocator.free(fitting);
  EXPECT_EQ(allocator.allocate(21_MiB)->address, address);
  EXPECT_EQ(allocator.statistics().reserved, 64_MiB);
}

TEST(CachingAllocator, OfEqualBlocksTheLowestIsTaken) {
  CachingAllocator allocator;
  auto* low = allocator.allocate(24_MiB);
  auto* high = allocator.allocate(24_MiB);
  const std::int64_t address = low->address;
  allocator.free(high);
  allocator.free(low);
  EXPECT_EQ(allocator.allocate(24_MiB)->address, address);
}

TEST(CachingAllocator, FreeNeighboursBecomeOneBlock) {
  CachingAllocator allocator;
  std::vector<CachingAllocator::Block*> parts;
  parts.push_back(allocator.allocate(60_MiB));
  allocator.free(parts.front());
  parts.clear();
  for (int i = 0; i < 3; ++i) parts.push_back(allocator.allocate(20_MiB));
  EXPECT_EQ(allocator.statistics().reserved, 60_MiB);
  for (const std::size_t i : {0U, 2U, 1U}) allocator.free(parts[i]);
  allocator.allocate(60_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 60_MiB);
}

TEST(CachingAllocator, NeighboursOfDifferentSegmentsStayApart) {
  CachingAllocator allocator;
  auto* first = allocator.allocate(20_MiB);
  auto* second = allocator.allocate(20_MiB);
  allocator.free(first);
  allocator.free(second);
  allocator.allocate(40_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 80_MiB);
}

TEST(CachingAllocator, WithoutRoomCachedSegmentsAreFreedAndTheRequestTriedAgain) {
  CachingAllocator allocator{{.capacity = 100_MiB}};
  auto* first = allocator.allocate(60_MiB);
  allocator.free(first);
  EXPECT_NE(allocator.allocate(80_MiB), nullptr);
  EXPECT_EQ(allocator.statistics().retries, 1);
  EXPECT_EQ(allocator.statistics().reserved, 80_MiB);
  EXPECT_EQ(allocator.statistics().peak_reserved, 80_MiB);
  EXPECT_EQ(allocator.allocate(30_MiB), nullptr);
}

TEST(CachingAllocator, ASegmentInWhichSomethingLivesIsNotFreed) {
  CachingAllocator allocator;
  allocator.free(allocator.allocate(40_MiB));
  auto* kept = allocator.allocate(20_MiB);
  allocator.empty_cache();
  EXPECT_EQ(allocator.statistics().reserved, 40_MiB);
  allocator.free(kept);
  allocator.empty_cache();
  EXPECT_EQ(allocator.statistics().reserved, 0_B);
}

TEST(CachingAllocator, BlocksFromMaxSplitSizeOnAreNeitherSplitNorGivenToSmallerRequests) {
  CachingAllocator allocator{{.max_split_size = 50_MiB}};
  allocator.free(allocator.allocate(100_MiB));
  allocator.allocate(20_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 120_MiB);
  EXPECT_EQ(allocator.allocate(90_MiB)->size, (100_MiB).count());  // within 20 MiB
  allocator.allocate(70_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 190_MiB);
}

TEST(CachingAllocator, OversizedSegmentsAreGivenBackBeforeAllOthers) {
  CachingAllocator allocator{{.max_split_size = 50_MiB, .capacity = 200_MiB}};
  auto* small = allocator.allocate(40_MiB);
  auto* large = allocator.allocate(130_MiB);
  allocator.free(small);
  allocator.free(large);
  EXPECT_NE(allocator.allocate(90_MiB), nullptr);
  EXPECT_EQ(allocator.statistics().reserved, 130_MiB);
}

TEST(CachingAllocator, SizesMayBeRoundedToDivisionsOfPowersOfTwo) {
  CachingAllocator allocator{{.roundup_power2_divisions = 4}};
  // docs.pytorch.org/docs/stable/notes/cuda.html: 1200 with 4 divisions is rounded to 1280.
  EXPECT_EQ(allocator.allocate(1200_KiB)->size, (1280_KiB).count());
  EXPECT_EQ(allocator.allocate(4_MiB)->size, (4_MiB).count());
  EXPECT_EQ(allocator.allocate(1000_B)->size, 1024);
}

TEST(CachingAllocator, AnExpandableSegmentGrowsByPagesAndLeavesNoSlivers) {
  CachingAllocator fixed, expandable{{.expandable_segments = true}};
  for (std::int64_t size = 30; size < 60; ++size) {
    fixed.free(fixed.allocate(Bytes{size << 20}));
    expandable.free(expandable.allocate(Bytes{size << 20}));
  }
  EXPECT_EQ(expandable.statistics().reserved, 60_MiB);
  EXPECT_EQ(fixed.statistics().reserved, 720_MiB);  // 30 + 32 + ... + 60
  EXPECT_EQ(expandable.allocate(59_MiB)->size, (59_MiB).count());
}

TEST(CachingAllocator, AnExpandableSegmentGivesBackWholeFreePages) {
  CachingAllocator allocator{{.expandable_segments = true, .capacity = 100_MiB}};
  auto* front = allocator.allocate(30_MiB);
  auto* middle = allocator.allocate(50_MiB);
  auto* end = allocator.allocate(10_MiB);
  EXPECT_EQ(allocator.statistics().reserved, 100_MiB);
  allocator.free(middle);  // from 30 to 80 MiB: the pages from 40 to 80 are free
  allocator.empty_cache();
  EXPECT_EQ(allocator.statistics().reserved, 60_MiB);
  EXPECT_NE(allocator.allocate(50_MiB), nullptr);
  EXPECT_EQ(allocator.statistics().reserved, 100_MiB);
  allocator.free(front);
  allocator.free(end);
}

/// After any run, freeing all and emptying the cache gives everything back.
TEST(CachingAllocator, NothingIsLostInARandomRun) {
  for (const bool expandable : {false, true}) {
    CachingAllocator allocator{{.expandable_segments = expandable}};
    std::mt19937_64 random{7};
    std::vector<CachingAllocator::Block*> live;
    std::int64_t requested = 0;
    for (int i = 0; i < 20000; ++i) {
      if (live.size() < 200 && random() % 5 < 3) {
        const auto size = static_cast<std::int64_t>(random() % (std::uint64_t{1} << (8 + random() % 18)));
        live.push_back(allocator.allocate(Bytes{size}));
        requested += size;
      } else if (!live.empty()) {
        std::swap(live[random() % live.size()], live.back());
        requested -= live.back()->requested;
        allocator.free(live.back());
        live.pop_back();
      }
      if (i % 500 == 0) allocator.empty_cache();
      ASSERT_EQ(allocator.statistics().requested, Bytes{requested});
      ASSERT_LE(allocator.statistics().allocated, allocator.statistics().reserved);
    }
    for (auto* block : live) allocator.free(block);
    allocator.empty_cache();
    EXPECT_EQ(allocator.statistics().allocated, 0_B);
    EXPECT_EQ(allocator.statistics().reserved, 0_B);
  }
}

}  // namespace
}  // namespace calibram
