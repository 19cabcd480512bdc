// SPDX-License-Identifier: MIT
// The settings of PyTorch's caching allocator.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <optional>

namespace calibram {

/// What PYTORCH_CUDA_ALLOC_CONF may change.
struct CachingAllocatorSettings {
  bool expandable_segments = false;
  std::optional<Bytes> max_split_size = {};   ///< blocks from this size on are never split
  std::int64_t roundup_power2_divisions = 0;  ///< 0 or 1: sizes are rounded to 512 B only
  /// What all segments together may take, where it is known: then an allocation that does not fit frees what
  /// is cached and tries again.
  std::optional<Bytes> capacity = {};
};

}  // namespace calibram
