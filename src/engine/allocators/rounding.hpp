// SPDX-License-Identifier: MIT
// How allocators round the size of one tensor up.
#pragma once

#include "src/core/bytes.hpp"

namespace calibram {

enum class Rounding : unsigned char {
  exact,              ///< not at all
  page_4k,            ///< mmap on the host: pages of 4 KiB
  device_page,        ///< a card: pages of 2 MiB, counted as full (pytorch#17120); small tensors share pages
  torch_block,        ///< PyTorch's caching allocator: the block that a fresh segment would yield
  torch_block_bound,  ///< no block that it would give, fresh or cached, is larger
};

/// The page of a card's memory.
inline constexpr std::int64_t device_page_bytes = 2 << 20;
/// Tensors up to this size share pages in multiples of device_small_unit (kernels/cuda/device_memory.hpp);
/// what the last shared page leaves over, less than a page in all, is not any tensor's.
inline constexpr std::int64_t device_small_limit = 64 << 10;
inline constexpr std::int64_t device_small_unit = 256;

/// The bytes that a tensor of `size` bytes (not negative) occupies.
///
/// torch_block follows c10/cuda/CUDACachingAllocator.cpp: sizes are multiples of 512 B; a request of at
/// least 10 MiB gets a segment of its own in multiples of 2 MiB, which is split only when more than
/// 1 MiB would be left over, so that a smaller rest stays in the block and counts as allocated. What a cached
/// block of more than 1 MiB leaves over is split off by the same rule, and of smaller ones all of it is:
/// hence torch_block_bound (without max_split_size and roundup_power2_divisions).
constexpr Bytes rounded_size(Bytes size, Rounding rounding) {
  constexpr std::int64_t torch_unit = 512;
  constexpr std::int64_t torch_large_request = 10 << 20;
  constexpr std::int64_t torch_segment_unit = 2 << 20;
  constexpr std::int64_t torch_split_rest = 1 << 20;
  switch (rounding) {
    case Rounding::exact:
      return size;
    case Rounding::page_4k:
      return Bytes{round_up(size.count(), 4 << 10)};
    case Rounding::device_page:
      return Bytes{
          round_up(size.count(), size.count() <= device_small_limit ? device_small_unit : device_page_bytes)};
    case Rounding::torch_block:
    case Rounding::torch_block_bound:
      break;
  }
  const std::int64_t block = round_up(size.count(), torch_unit);
  if (rounding == Rounding::torch_block_bound) {
    const std::int64_t least = block > torch_unit ? block : torch_unit;
    return Bytes{least > torch_split_rest ? least + torch_split_rest : least};
  }
  if (block < torch_large_request) return Bytes{block};
  const std::int64_t segment = round_up(block, torch_segment_unit);
  return Bytes{segment - block > torch_split_rest ? block : segment};
}

}  // namespace calibram
