// SPDX-License-Identifier: MIT
// The layers of a step, one by one.
#include "kernels/executing_ops.hpp"

#include "kernels/tensors.hpp"

namespace calibram {

ExecutingOps::ExecutingOps(const ExecutionOptions& options) : options_{options} {
  require(options.layers_executed == LayersExecuted::all || options.layer_count > 0,
          "the first and last layer", "the model's number of layers is not given");
}

void ExecutingOps::for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) {
  for (std::int64_t layer = range.first; layer < range.first + range.count; ++layer) body(layer);
}

bool ExecutingOps::executes(std::int64_t layer) const {
  return options_.layers_executed == LayersExecuted::all || layer == 0 || layer == options_.layer_count - 1;
}

}  // namespace calibram
