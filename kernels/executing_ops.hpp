// SPDX-License-Identifier: MIT
// What the backends that execute a pass have in common: which layers a step computes.
#pragma once

#include "src/engine/ops.hpp"

namespace calibram {

/// Layers of a model are alike, so the first and the last reach the peak of them all where only the caches
/// differ.
enum class LayersExecuted : unsigned char { all, first_and_last };

struct ExecutionOptions {
  bool poisoned = false;  ///< new tensors hold NaN instead of untouched pages or what was there
  LayersExecuted layers_executed = LayersExecuted::all;
  std::int64_t layer_count = 0;  ///< of the whole model; needed for first_and_last
};

/// For steps of `wanted` layers, two or all, of a model that has `layer_count`.
constexpr ExecutionOptions executing_layers(std::int64_t wanted, std::int64_t layer_count) {
  return {.layers_executed = wanted < layer_count ? LayersExecuted::first_and_last : LayersExecuted::all,
          .layer_count = layer_count};
}

class ExecutingOps : public Ops {
 public:
  /// @throws InputError when first_and_last lacks the layer count
  explicit ExecutingOps(const ExecutionOptions& options);

  void for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) final;
  bool executes(std::int64_t layer) const final;

 private:
  ExecutionOptions options_;
};

}  // namespace calibram
