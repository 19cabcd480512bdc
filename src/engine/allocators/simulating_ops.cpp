// SPDX-License-Identifier: MIT
// The books of a pass whose tensors come from a simulated allocator.
#include "src/engine/allocators/simulating_ops.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram {

SimulatingOps::SimulatingOps(int devices, Held held, const CachingAllocatorSettings& settings)
    : CountingOps{devices, Rounding::torch_block, /*fold=*/false}, held_{held}, settings_{settings} {
  for (int device = 0; device < devices; ++device) allocators_.emplace_back(settings);
}

Tensor SimulatingOps::allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) {
  Tensor tensor{nullptr, rows, columns, element, term, static_cast<unsigned char>(device_)};
  CachingAllocator::Block* block = allocators_[tensor.device].allocate(tensor.bytes());
  if (!block)
    throw InputError{
        fmt::format("the run does not fit into device_bytes={}",
                    settings_.capacity.value_or(Bytes{}).count()),
        fmt::format("a tensor of {} bytes finds no room, cached segments given back", tensor.bytes().count()),
        "shorten the workload, or drop the option to see what it would need"};
  tensor.data = block;
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
