// SPDX-License-Identifier: MIT
// What the backends that execute a pass have in common: which layers a step computes.
#pragma once

#include "src/engine/ops.hpp"

#include <vector>

namespace calibram {

struct ExecutionOptions {
  bool poisoned = false;  ///< new tensors hold NaN instead of untouched pages or what was there
  /// The layers that a step computes, in order; empty: all. Where only the caches differ from layer to layer,
  /// the first and the last of each kind reach the peak of all.
  std::vector<std::int64_t> layers = {};
};

/// For steps of all layers, or, where fewer are `wanted`, of those that represent the others.
inline ExecutionOptions executing_layers(std::int64_t wanted, const Model& model) {
  if (wanted >= layer_count(model)) return {};
  return {.layers = representative_layers(model)};
}

class ExecutingOps : public Ops {
 public:
  explicit ExecutingOps(const ExecutionOptions& options) : options_{options} {}

  void for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) final;
  bool executes(std::int64_t layer) const final;

 private:
  ExecutionOptions options_;
};

}  // namespace calibram
