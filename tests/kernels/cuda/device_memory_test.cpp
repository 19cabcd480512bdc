// SPDX-License-Identifier: MIT
// Device memory on an emulated card: what it costs there, how it is booked, when the driver is asked, and
// what happens when there is no room or the card is lost.
#include "kernels/cuda/device_memory.hpp"

#include "kernels/cuda/cuda_check.hpp"
#include "src/engine/allocators/rounding.hpp"
#include "tests/kernels/cuda/emulation/runtime.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

constexpr Bytes page{device_page_bytes};
constexpr Bytes small_limit{device_small_limit};

class CardMemory : public testing::Test {
 protected:
  CardMemory() { emulated_card() = {}; }
  ~CardMemory() override { emulated_card() = {}; }

  static Bytes on_card() { return Bytes{static_cast<std::int64_t>(emulated_bytes_in_use())}; }

  DeviceMemory memory;
};

TEST_F(CardMemory, LargeTensorsAreWholePagesOfTheirOwn) {
  memory.allocate(Term::weights, small_limit + 1_B);
  memory.allocate(Term::weights, page + 1_B);
  EXPECT_EQ(memory.held(), page * 3);
  EXPECT_EQ(on_card(), page * 3);
  EXPECT_EQ(memory.requested().live[Term::weights], small_limit + 1_B + page + 1_B);
}

TEST_F(CardMemory, SmallTensorsShareAPage) {
  std::vector<std::uintptr_t> addresses;
  for (int i = 0; i < 32; ++i)
    addresses.push_back(reinterpret_cast<std::uintptr_t>(memory.allocate(Term::weights, small_limit)));
  EXPECT_EQ(memory.held(), page);
  std::sort(addresses.begin(), addresses.end());
  for (std::size_t i = 1; i < addresses.size(); ++i)
    EXPECT_GE(addresses[i] - addresses[i - 1], std::uintptr_t{device_small_limit});
  memory.allocate(Term::weights, 1_B);
  EXPECT_EQ(memory.held(), page * 2);
  EXPECT_EQ(on_card(), page * 2);
}

TEST_F(CardMemory, EveryTensorIsAligned) {
  for (const Bytes size : {1_B, 300_B, 64_KiB, 65_KiB})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.allocate(Term::kv_cache, size)) % 256, 0U);
}

TEST_F(CardMemory, PiecesThatAreFreedMergeWhateverTheirOrder) {
  std::mt19937 generator{std::random_device{}()};
  std::vector<void*> pieces;
  for (int i = 0; i < 32; ++i) pieces.push_back(memory.allocate(Term::activation, small_limit));
  void* kept = pieces.back();
  pieces.pop_back();
  std::shuffle(pieces.begin(), pieces.end(), generator);
  for (void* piece : pieces) memory.release(piece);
  EXPECT_EQ(memory.held(), page);
  // Only a range of all 31 has room for these.
  for (int i = 0; i < 31; ++i) memory.allocate(Term::activation, small_limit);
  EXPECT_EQ(memory.held(), page);
  memory.release(kept);
}

TEST_F(CardMemory, ASharedPageGoesBackWithItsLastPiece) {
  void* first = memory.allocate(Term::activation, 1_KiB);
  void* second = memory.allocate(Term::activation, 1_KiB);
  memory.release(first);
  EXPECT_EQ(on_card(), page);
  memory.release(second);
  EXPECT_EQ(on_card(), 0_B);
  EXPECT_EQ(memory.held(), 0_B);
}

TEST_F(CardMemory, TheDestructorGivesEverythingBack) {
  {
    DeviceMemory other;
    other.allocate(Term::weights, 1_KiB);
    other.allocate(Term::weights, 5_MiB);
    EXPECT_EQ(on_card(), page * 4);
  }
  EXPECT_EQ(on_card(), 0_B);
}

TEST_F(CardMemory, ThePeakIsOneInstant) {
  void* weights = memory.allocate(Term::weights, 10_MiB);
  memory.release(memory.allocate(Term::workspace, 6_MiB));
  memory.allocate(Term::activation, 8_MiB);
  memory.release(weights);
  memory.allocate(Term::logits, 8_MiB);
  TermBytes expected;
  expected[Term::weights] = 10_MiB;
  expected[Term::activation] = 8_MiB;
  EXPECT_EQ(memory.requested().at_peak, expected);
  EXPECT_EQ(memory.held_at_peak(), 18_MiB);
  EXPECT_EQ(memory.held(), 16_MiB);
}

TEST_F(CardMemory, TheDriverIsAskedAtEveryHighestTotalAndOnlyThere) {
  void* first = memory.allocate(Term::weights, 4_MiB);
  void* second = memory.allocate(Term::weights, 4_MiB);
  EXPECT_EQ(emulated_card().memory_readings, 0);  // it may still grow
  memory.release(second);
  EXPECT_EQ(emulated_card().memory_readings, 1);
  second = memory.allocate(Term::weights, 4_MiB);  // as high as before
  memory.release(second);
  memory.release(first);
  EXPECT_EQ(emulated_card().memory_readings, 1);
  memory.allocate(Term::kv_cache, 10_MiB);
  const DriverPeak& peak = memory.read_peak();
  EXPECT_EQ(peak.readings, 2);
  EXPECT_EQ(peak.rounded, 10_MiB);
  EXPECT_EQ(peak.used, 10_MiB + 512_MiB);
  memory.read_peak();
  EXPECT_EQ(emulated_card().memory_readings, 2);
}

TEST_F(CardMemory, ResetPeaksStartFromWhatIsAlive) {
  memory.allocate(Term::weights, 4_MiB);
  memory.release(memory.allocate(Term::logits, 20_MiB));
  memory.reset_peaks();
  EXPECT_EQ(memory.held_at_peak(), 4_MiB);
  EXPECT_EQ(memory.requested().at_peak.total(), 4_MiB);
  const DriverPeak& now = memory.read_peak();
  EXPECT_EQ(now.used, 4_MiB + 512_MiB);
  EXPECT_EQ(now.rounded, 4_MiB);
  EXPECT_EQ(now.readings, 1);
}

TEST_F(CardMemory, NoBytesNeedNoMemory) {
  EXPECT_EQ(memory.allocate(Term::weights, 0_B), nullptr);
  EXPECT_NO_THROW(memory.release(nullptr));
  EXPECT_THROW(memory.allocate(Term::weights, Bytes{-1}), InputError);
  EXPECT_EQ(on_card(), 0_B);
}

TEST_F(CardMemory, AReleaseOfWhatIsNotAliveIsAnErrorAndChangesNothing) {
  for (const Bytes size : {1_KiB, 3_MiB}) {
    void* address = memory.allocate(Term::weights, size);
    void* other = memory.allocate(Term::weights, size);
    memory.release(address);
    const Bytes held = memory.held();
    EXPECT_THROW(memory.release(address), Error);
    EXPECT_EQ(memory.held(), held);
    EXPECT_EQ(memory.requested().live.total(), size);
    memory.release(other);
  }
}

TEST_F(CardMemory, PoisonReachesEveryByteAlsoOfAPieceThatWasUsedBefore) {
  DeviceMemory poisoned{true};
  for (const Bytes size : {1000_B, 100000_B}) {
    void* keeps_its_page = poisoned.allocate(Term::weights, size);
    for (int use = 0; use < 2; ++use) {
      auto* bytes = static_cast<unsigned char*>(poisoned.allocate(Term::weights, size));
      const auto count = static_cast<std::size_t>(size.count());
      EXPECT_EQ(std::vector<unsigned char>(bytes, bytes + count), std::vector<unsigned char>(count, 0xFF));
      std::fill_n(bytes, count, std::uint8_t{1});
      poisoned.release(bytes);
    }
    poisoned.release(keeps_its_page);
  }
}

TEST_F(CardMemory, AFullCardLeavesTheBooksAsTheyWere) {
  emulated_card().total = (512 + 12) << 20;
  memory.allocate(Term::weights, 8_MiB);
  void* piece = memory.allocate(Term::weights, 1_KiB);
  for (const Bytes size : {4_MiB, 1_GiB}) {
    try {
      memory.allocate(Term::kv_cache, size);
      FAIL() << "there was room for " << mib_text(size);
    } catch (const OutOfMemory& full) {
      EXPECT_THAT(full.what(), HasSubstr("the card"));
      EXPECT_EQ(full.wanted(), size);
      EXPECT_EQ(full.live(), 8_MiB + 1_KiB);
    }
    EXPECT_EQ(memory.held(), 10_MiB);
    EXPECT_EQ(memory.held_at_peak(), 10_MiB);
    EXPECT_EQ(memory.requested().live.total(), 8_MiB + 1_KiB);
    EXPECT_EQ(on_card(), 10_MiB);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  }
  memory.allocate(Term::kv_cache, 2_MiB);
  EXPECT_EQ(memory.held(), 12_MiB);
  // The page of the small ones still has room, and no other page can be had.
  memory.release(piece);
  EXPECT_NO_THROW(memory.allocate(Term::kv_cache, 2_MiB));
  EXPECT_THROW(memory.allocate(Term::kv_cache, 1_B), OutOfMemory);
  EXPECT_EQ(memory.held(), on_card());
}

TEST_F(CardMemory, ALostCardIsAnErrorAndNotAFullOne) {
  void* address = memory.allocate(Term::weights, 4_MiB);
  emulated_card().sticky_error = cudaErrorIllegalAddress;
  const auto status_of = [](const auto& call) {
    try {
      call();
    } catch (const CudaError& error) {
      return error.status();
    }
    return cudaSuccess;
  };
  EXPECT_EQ(status_of([&] { memory.allocate(Term::weights, 4_MiB); }), cudaErrorIllegalAddress);
  EXPECT_EQ(status_of([&] { memory.allocate(Term::weights, 4_B); }), cudaErrorIllegalAddress);
  EXPECT_EQ(status_of([&] { memory.release(address); }), cudaErrorIllegalAddress);  // it reads the peak
  EXPECT_EQ(memory.held(), 4_MiB);
  emulated_card().sticky_error = cudaSuccess;  // or the destructor would warn
}

/// What a sequence of allocations and releases asks for: tiny, small, of a page or of several.
Bytes random_size(std::mt19937& generator) {
  const std::int64_t most[] = {300, device_small_limit + 2, 3 * device_page_bytes};
  return Bytes{std::uniform_int_distribution<std::int64_t>{1, most[generator() % 3]}(generator)};
}

TEST_F(CardMemory, HoldsAtAllTimesWhatTheDriverCounts) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("random seed " + std::to_string(seed));
  std::mt19937 generator{seed};
  emulated_card().total = (512 + 60) << 20;  // so that it is full now and then
  std::vector<std::pair<void*, Bytes>> alive;
  Bytes requested, highest;
  int refusals = 0;
  for (int step = 0; step < 5000; ++step) {
    const bool grows = step / 500 % 2 == 0;
    if (alive.empty() || generator() % 8 < (grows ? 5U : 3U)) {
      const Bytes size = random_size(generator);
      try {
        alive.emplace_back(memory.allocate(Term::activation, size), size);
        requested += size;
      } catch (const OutOfMemory&) {
        ++refusals;
      }
    } else {
      std::swap(alive[generator() % alive.size()], alive.back());
      requested -= alive.back().second;
      memory.release(alive.back().first);
      alive.pop_back();
    }
    highest = std::max(highest, on_card());
    ASSERT_EQ(memory.held(), on_card()) << step;
    ASSERT_EQ(memory.held_at_peak(), highest) << step;
    ASSERT_EQ(memory.requested().live.total(), requested) << step;
  }
  EXPECT_GT(refusals, 0);
  EXPECT_EQ(memory.read_peak().used, highest + 512_MiB);
  EXPECT_EQ(memory.read_peak().rounded, highest);
  for (const auto& [address, size] : alive) memory.release(address);
  EXPECT_EQ(on_card(), 0_B);
}

}  // namespace
}  // namespace calibram
