// SPDX-License-Identifier: MIT
// Counting over a simulated caching allocator: every tensor of every layer gets the block that it would get.
#pragma once

#include "src/engine/allocators/caching_allocator.hpp"
#include "src/engine/counting_ops.hpp"

#include <deque>

namespace calibram {

/// What a peak is the peak of.
enum class Held : unsigned char {
  live,      ///< blocks of live tensors (memory_allocated)
  segments,  ///< all segments (memory_reserved); what nothing lives in is `workspace`
};

/// Layers are not folded: which block a tensor gets depends on what all before it left free.
class SimulatingOps : public CountingOps {
 public:
  SimulatingOps(int devices, Held held, const CachingAllocatorSettings& settings);

  Tensor allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) override;
  void release(Tensor& tensor) override;

 protected:
  Bytes idle_bytes(std::size_t device) const override;

 private:
  Held held_;
  std::deque<CachingAllocator> allocators_;  ///< one per device
};

}  // namespace calibram
