// SPDX-License-Identifier: MIT
// The books of a pass whose tensors come from a simulated allocator.
#include "src/engine/allocators/simulating_ops.hpp"

namespace calibram {

SimulatingOps::SimulatingOps(int devices, Held held, const CachingAllocatorSettings& settings)
    : CountingOps{devices, Rounding::torch_block, /*fold=*/false}, held_{held} {
  for (int device = 0; device < devices; ++device) allocators_.emplace_back(settings);
}

Tensor SimulatingOps::allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) {
  Tensor tensor{nullptr, rows, columns, element, term, static_cast<unsigned char>(device_)};
  CachingAllocator& allocator = allocators_[tensor.device];
  CachingAllocator::Block* block = allocator.allocate(tensor.bytes());
  // What does not fit even so is counted on: the answer says how much would be needed.
  if (!block) block = allocator.allocate_beyond_capacity(tensor.bytes());
  tensor.data = block;
  note_retries(tensor.device, allocator.statistics().retries);
  note_allocation(tensor, Bytes{block->size});
  return tensor;
}

void SimulatingOps::release(Tensor& tensor) {
  if (tensor.empty()) return;
  auto* block = static_cast<CachingAllocator::Block*>(tensor.data);
  note_release(tensor, Bytes{block->size});
  allocators_[tensor.device].free(block);
  tensor = Tensor{};
}

Bytes SimulatingOps::idle_bytes(std::size_t device) const {
  if (held_ == Held::live) return {};
  const CachingAllocatorStatistics& statistics = allocators_[device].statistics();
  return statistics.reserved - statistics.allocated;
}

}  // namespace calibram
