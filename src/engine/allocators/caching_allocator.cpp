// SPDX-License-Identifier: MIT
// The caching allocator's rules: best fit over free blocks, split, merge, segments, and the retry without
// memory.
#include "src/engine/allocators/caching_allocator.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace calibram {

using namespace caching_allocator;

namespace {

/// The next of `divisions` equal steps between a power of two and its double (roundup_power2_next_division).
std::int64_t next_division(std::int64_t size, std::int64_t divisions) {
  const auto floor = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(size)));
  if (floor == size) return size;
  const std::int64_t step =
      floor / static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(divisions)));
  return step == 0 ? 2 * floor : round_up(size, step);
}

std::int64_t segment_bytes(std::int64_t size) {
  if (size <= small_limit) return small_segment;
  return size < large_request ? large_segment : round_up(size, segment_unit);
}

void raise(Bytes& peak, Bytes current) { peak = std::max(peak, current); }

}  // namespace

CachingAllocator::~CachingAllocator() {
  small_.free_blocks.clear();
  large_.free_blocks.clear();
}

std::int64_t CachingAllocator::rounded(std::int64_t size) const {
  const std::int64_t divisions = settings_.roundup_power2_divisions;
  if (divisions > 1 && size > block_unit * divisions) return next_division(size, divisions);
  return std::max(block_unit, round_up(size, block_unit));
}

bool CachingAllocator::splits(const Block& block, std::int64_t size) const {
  const std::int64_t rest = block.size - size;
  if (block.is_small || block.is_expandable) return rest >= block_unit;
  return (!settings_.max_split_size || Bytes{size} < *settings_.max_split_size) && rest > small_limit;
}

bool CachingAllocator::may_grow(std::int64_t bytes) const {
  return !settings_.capacity || statistics_.reserved + Bytes{bytes} <= *settings_.capacity;
}

CachingAllocator::Block* CachingAllocator::make_block(std::int64_t address, std::int64_t size,
                                                      bool is_small) {
  Block* block = nullptr;
  if (unused_.empty()) {
    block = &blocks_.emplace_back();
  } else {
    block = unused_.back();
    unused_.pop_back();
  }
  block->address = address;
  block->size = size;
  block->requested = 0;
  block->before = block->after = nullptr;
  block->is_small = is_small;
  block->is_allocated = false;
  block->is_mapped = true;
  block->is_expandable = false;
  return block;
}

CachingAllocator::Block* CachingAllocator::take_free(Pool& pool, std::int64_t size) {
  Block key;
  key.size = size;
  key.address = std::numeric_limits<std::int64_t>::min();
  auto found = pool.free_blocks.lower_bound(key);
  if (found == pool.free_blocks.end()) return nullptr;
  if (settings_.expandable_segments) found = expandable_fit(pool, found);
  if (settings_.max_split_size) {
    const std::int64_t limit = settings_.max_split_size->count();
    if (size < limit && found->size >= limit)
      return nullptr;  // an oversized block is kept for an oversized request
    if (size >= limit && found->size >= size + oversized_excess) return nullptr;
  }
  Block* block = &*found;
  pool.free_blocks.erase(found);
  return block;
}

CachingAllocator::Block* CachingAllocator::make_segment(std::int64_t size, bool is_small) {
  if (settings_.expandable_segments) return expand(pool_of(is_small), size, is_small);
  const std::int64_t bytes = segment_bytes(size);
  if (!may_grow(bytes)) return nullptr;
  Block* block = make_block(next_address_, bytes, is_small);
  next_address_ += bytes;
  statistics_.reserved += Bytes{bytes};
  raise(statistics_.peak_reserved, statistics_.reserved);
  return block;
}

/// From what is cached, else from the device, else from the device after cached segments went back to it.
CachingAllocator::Block* CachingAllocator::obtain(std::int64_t size, bool is_small) {
  Pool& pool = pool_of(is_small);
  if (Block* block = take_free(pool, size)) return block;
  if (Block* block = make_segment(size, is_small)) return block;
  ++statistics_.retries;
  if (release_oversized(pool, size))
    if (Block* block = make_segment(size, is_small)) return block;
  empty_cache();
  return make_segment(size, is_small);
}

CachingAllocator::Block* CachingAllocator::allocate(Bytes requested) {
  const std::int64_t size = rounded(requested.count());
  Block* block = obtain(size, size <= small_limit);
  if (!block) return nullptr;
  if (splits(*block, size)) split(block, size);
  block->is_allocated = true;
  block->requested = requested.count();
  statistics_.allocated += Bytes{block->size};
  statistics_.requested += requested;
  raise(statistics_.peak_allocated, statistics_.allocated);
  raise(statistics_.peak_requested, statistics_.requested);
  return block;
}

CachingAllocator::Block* CachingAllocator::allocate_beyond_capacity(Bytes size) {
  const std::optional<Bytes> capacity = std::exchange(settings_.capacity, std::nullopt);
  Block* block = allocate(size);
  settings_.capacity = capacity;
  return block;
}

/// The block keeps its front; the rest is free.
void CachingAllocator::split(Block* block, std::int64_t size) {
  Block* rest = make_block(block->address + size, block->size - size, block->is_small);
  rest->is_expandable = block->is_expandable;
  rest->before = block;
  rest->after = block->after;
  if (rest->after) rest->after->before = rest;
  block->after = rest;
  block->size = size;
  pool_of(block->is_small).free_blocks.insert(*rest);
}

void CachingAllocator::free(Block* block) {
  statistics_.allocated -= Bytes{block->size};
  statistics_.requested -= Bytes{block->requested};
  block->is_allocated = false;
  Pool& pool = pool_of(block->is_small);
  for (Block* neighbour : {block->before, block->after}) {
    if (!neighbour || neighbour->is_allocated || neighbour->is_mapped != block->is_mapped) continue;
    pool.free_blocks.erase(FreeBlocks::s_iterator_to(*neighbour));
    merge(block, neighbour);
  }
  pool.free_blocks.insert(*block);
}

/// `into` takes the place of its neighbour `from` too.
void CachingAllocator::merge(Block* into, Block* from) {
  into->size += from->size;
  if (into->before == from) {
    into->address = from->address;
    into->before = from->before;
    if (into->before) into->before->after = into;
  } else {
    into->after = from->after;
    if (into->after) into->after->before = into;
  }
  if (pool_of(into->is_small).expandable == from) pool_of(into->is_small).expandable = into;
  unused_.push_back(from);
}

void CachingAllocator::release_segment(Pool& pool, Block* block) {
  pool.free_blocks.erase(FreeBlocks::s_iterator_to(*block));
  statistics_.reserved -= Bytes{block->size};
  unused_.push_back(block);
}

/// With max_split_size, oversized segments go first: one that is large enough, else the largest until they
/// are (release_available_cached_blocks).
bool CachingAllocator::release_oversized(Pool& pool, std::int64_t size) {
  if (!settings_.max_split_size) return false;
  const std::int64_t limit = settings_.max_split_size->count();
  const std::int64_t wanted = std::max(segment_bytes(size), limit);
  const auto is_whole = [](const Block& b) { return !b.is_expandable && !b.before && !b.after; };
  std::int64_t released = 0;
  std::vector<Block*> falling;
  for (Block& block : pool.free_blocks) {
    if (!is_whole(block)) continue;
    if (block.size >= wanted) {
      release_segment(pool, &block);
      return true;
    }
    falling.push_back(&block);
  }
  for (auto block = falling.rbegin(); block != falling.rend() && released < wanted; ++block) {
    if ((*block)->size < limit) break;
    released += (*block)->size;
    release_segment(pool, *block);
  }
  return released >= wanted;
}

void CachingAllocator::empty_cache() {
  for (Pool* pool : {&large_, &small_}) {
    for (auto it = pool->free_blocks.begin(); it != pool->free_blocks.end();) {
      Block& block = *it++;
      if (!block.is_expandable && !block.before && !block.after) release_segment(*pool, &block);
    }
    unmap_free_pages(*pool);
  }
}

}  // namespace calibram
