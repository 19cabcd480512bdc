// SPDX-License-Identifier: MIT
// Expandable segments of the caching allocator: one range of addresses per pool, backed page by page.
#include "src/engine/allocators/caching_allocator.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace calibram {

using namespace caching_allocator;

namespace {

/// Addresses enough for any card; PyTorch takes 1 1/8 of the card's memory.
constexpr std::int64_t address_space = std::int64_t{1} << 50;

std::int64_t page_bytes(bool is_small) { return is_small ? small_segment : large_segment; }

}  // namespace

/// "Best fit" takes a free block as large as it can still grow, so that the end of the segment comes last.
CachingAllocator::FreeBlocks::iterator CachingAllocator::expandable_fit(Pool& pool,
                                                                        FreeBlocks::iterator found) const {
  const auto reach = [](const Block& b) {
    return b.size + (b.after && !b.after->is_mapped ? b.after->size : 0);
  };
  for (auto next = std::next(found);
       found->is_expandable && next != pool.free_blocks.end() && reach(*next) < reach(*found); ++next)
    found = next;
  return found;
}

/// The lowest place where a free block and the unmapped addresses behind it are large enough together.
CachingAllocator::Block* CachingAllocator::place_to_expand(Pool& pool, std::int64_t size, bool is_small) {
  for (Block* block = pool.expandable; block; block = block->after) {
    if (block->is_mapped) continue;
    Block* start = block->before && !block->before->is_allocated ? block->before : block;
    std::int64_t room = 0;
    for (Block* b = start; b && !b->is_allocated && room < size; b = b->after) room += b->size;
    if (room >= size) return start;
  }
  Block* segment = make_block(next_address_, address_space, is_small);
  next_address_ += address_space;
  segment->is_expandable = true;
  segment->is_mapped = false;
  pool.expandable = segment;
  return segment;
}

/// Backs the first pages of an unmapped block, and joins them with what is free around. Null: no memory is
/// left.
CachingAllocator::Block* CachingAllocator::map(Pool& pool, Block* block, std::int64_t size) {
  const std::int64_t bytes = std::min(round_up(size, page_bytes(block->is_small)), block->size);
  if (!may_grow(bytes)) return nullptr;
  if (bytes < block->size) {
    Block* rest = make_block(block->address + bytes, block->size - bytes, block->is_small);
    rest->is_expandable = true;
    rest->is_mapped = false;
    rest->before = block;
    rest->after = block->after;
    if (rest->after) rest->after->before = rest;
    block->after = rest;
    block->size = bytes;
  }
  block->is_mapped = true;
  for (Block* neighbour : {block->before, block->after}) {
    if (!neighbour || neighbour->is_allocated || !neighbour->is_mapped) continue;
    pool.free_blocks.erase(FreeBlocks::s_iterator_to(*neighbour));
    merge(block, neighbour);
  }
  pool.free_blocks.insert(*block);
  statistics_.reserved += Bytes{bytes};
  statistics_.peak_reserved = std::max(statistics_.peak_reserved, statistics_.reserved);
  return block;
}

CachingAllocator::Block* CachingAllocator::expand(Pool& pool, std::int64_t size, bool is_small) {
  Block* block = place_to_expand(pool, size, is_small);
  if (!block->is_mapped) block = map(pool, block, std::min(block->size, size));
  while (block && block->size < size) block = map(pool, block->after, size - block->size);
  if (block) pool.free_blocks.erase(FreeBlocks::s_iterator_to(*block));
  return block;
}

/// Gives back the whole pages within a free block; its ends stay.
void CachingAllocator::unmap(Pool& pool, Block* block) {
  const std::int64_t page = page_bytes(block->is_small), start = pool.expandable->address;
  const std::int64_t end = block->address + block->size;
  const std::int64_t first = start + round_up(block->address - start, page);
  const std::int64_t last = start + (end - start) / page * page;
  if (first >= last) return;
  pool.free_blocks.erase(FreeBlocks::s_iterator_to(*block));
  statistics_.reserved -= Bytes{last - first};
  if (first > block->address) {
    split(block, first - block->address);
    Block* rest = block->after;
    pool.free_blocks.erase(FreeBlocks::s_iterator_to(*rest));
    pool.free_blocks.insert(*block);
    block = rest;
  }
  if (end > last) split(block, last - first);  // what is behind the pages stays mapped and free
  block->is_mapped = false;
  for (Block* neighbour : {block->before, block->after})
    if (neighbour && !neighbour->is_mapped) merge(block, neighbour);
}

void CachingAllocator::unmap_free_pages(Pool& pool) {
  if (!pool.expandable) return;
  std::vector<Block*> candidates;
  for (Block& block : pool.free_blocks)
    if (block.is_expandable) candidates.push_back(&block);
  for (Block* block : candidates) unmap(pool, block);
}

}  // namespace calibram
