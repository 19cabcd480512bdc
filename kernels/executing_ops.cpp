// SPDX-License-Identifier: MIT
// The layers of a step, one by one.
#include "kernels/executing_ops.hpp"

#include <algorithm>

namespace calibram {

void ExecutingOps::for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) {
  for (std::int64_t layer = range.first; layer < range.first + range.count; ++layer) body(layer);
}

bool ExecutingOps::executes(std::int64_t layer) const {
  return options_.layers.empty() || std::binary_search(options_.layers.begin(), options_.layers.end(), layer);
}

}  // namespace calibram
