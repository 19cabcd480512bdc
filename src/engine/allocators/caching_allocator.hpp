// SPDX-License-Identifier: MIT
// PyTorch's caching allocator on one device and stream, simulated: which blocks and segments a run is left
// with.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/allocators/caching_allocator_settings.hpp"

#include <boost/intrusive/set.hpp>

#include <deque>
#include <vector>

namespace calibram {

/// memory_stats(): sizes of live blocks, of all segments, and what was asked for.
struct CachingAllocatorStatistics {
  Bytes allocated, reserved, requested;
  Bytes peak_allocated, peak_reserved, peak_requested;
  std::int64_t retries = 0;  ///< how often cached segments were freed for want of memory
};

/// After c10/cuda/CUDACachingAllocator.cpp @001074d2 (the same rules since PyTorch 1.10; expandable segments
/// since 2.1). Segments get rising addresses, as the driver's usually are.
class CachingAllocator {
 public:
  struct Block : boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
    std::int64_t address = 0;
    std::int64_t size = 0;
    std::int64_t requested = 0;
    Block* before = nullptr;  ///< neighbours in the same segment
    Block* after = nullptr;
    bool is_small = false;
    bool is_allocated = false;
    bool is_mapped = true;  ///< false: addresses of an expandable segment without memory behind them
    bool is_expandable = false;
  };

  explicit CachingAllocator(CachingAllocatorSettings settings = {}) : settings_{settings} {}
  CachingAllocator(const CachingAllocator&) = delete;
  CachingAllocator& operator=(const CachingAllocator&) = delete;
  ~CachingAllocator();

  /// A block for `size` bytes, or null where the capacity does not allow it even after a retry.
  Block* allocate(Bytes size);
  /// The same, whatever the capacity: what a run would need that does not fit.
  Block* allocate_beyond_capacity(Bytes size);
  void free(Block* block);
  /// torch.cuda.empty_cache(): gives back every segment (of expandable ones every page) of which nothing
  /// lives.
  void empty_cache();

  const CachingAllocatorStatistics& statistics() const noexcept { return statistics_; }

 private:
  struct BySizeThenAddress {
    bool operator()(const Block& a, const Block& b) const noexcept {
      return a.size != b.size ? a.size < b.size : a.address < b.address;
    }
  };
  using FreeBlocks = boost::intrusive::set<Block, boost::intrusive::compare<BySizeThenAddress>>;
  struct Pool {
    FreeBlocks free_blocks;
    Block* expandable = nullptr;  ///< the first block of the pool's expandable segment
  };

  std::int64_t rounded(std::int64_t size) const;
  bool splits(const Block& block, std::int64_t size) const;
  bool may_grow(std::int64_t bytes) const;
  Pool& pool_of(bool is_small) { return is_small ? small_ : large_; }
  Block* make_block(std::int64_t address, std::int64_t size, bool is_small);
  Block* take_free(Pool& pool, std::int64_t size);
  FreeBlocks::iterator expandable_fit(Pool& pool, FreeBlocks::iterator found) const;
  Block* make_segment(std::int64_t size, bool is_small);
  Block* obtain(std::int64_t size, bool is_small);
  bool release_oversized(Pool& pool, std::int64_t size);
  void release_segment(Pool& pool, Block* block);
  void split(Block* block, std::int64_t size);
  void merge(Block* into, Block* from);

  // Expandable segments (expandable_segments.cpp).
  Block* expand(Pool& pool, std::int64_t size, bool is_small);
  Block* place_to_expand(Pool& pool, std::int64_t size, bool is_small);
  Block* map(Pool& pool, Block* block, std::int64_t size);
  void unmap_free_pages(Pool& pool);
  void unmap(Pool& pool, Block* block);

  CachingAllocatorSettings settings_;
  CachingAllocatorStatistics statistics_;
  std::deque<Block> blocks_;    ///< all that there ever were; they keep their places
  std::vector<Block*> unused_;  ///< of these
  Pool small_, large_;
  std::int64_t next_address_ = 0;
};

/// The parts of a segment that its allocations share; each size is the allocator's own constant.
namespace caching_allocator {
inline constexpr std::int64_t block_unit = 512;             // kMinBlockSize
inline constexpr std::int64_t small_limit = 1 << 20;        // kSmallSize; also the rest that is not split off
inline constexpr std::int64_t small_segment = 2 << 20;      // kSmallBuffer
inline constexpr std::int64_t large_segment = 20 << 20;     // kLargeBuffer
inline constexpr std::int64_t large_request = 10 << 20;     // kMinLargeAlloc
inline constexpr std::int64_t segment_unit = 2 << 20;       // kRoundLarge
inline constexpr std::int64_t oversized_excess = 20 << 20;  // max_non_split_rounding_size
}  // namespace caching_allocator

}  // namespace calibram
