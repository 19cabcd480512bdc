// SPDX-License-Identifier: MIT
// Experts in MXFP4, as vLLM lays them out for the kernels that it picks for a card.
#pragma once

#include "src/engine/gpu.hpp"
#include "src/engine/vllm/buffers.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

namespace calibram {

/// Whether vLLM's Mxfp4Config holds: experts quantised, all else plain (gpt-oss).
inline bool has_mxfp4_experts(const Format& weights) { return weights.name == "mxfp4"; }

/// Sizes of one expert of a device after padding.
struct PaddedExpert {
  std::int64_t hidden = 0;
  std::int64_t width = 0;
};

struct Mxfp4Experts {
  const Experts& experts;  ///< of one device
  std::int64_t hidden_size;
  const Chip& gpu;

  /// On Hopper the kernels of triton_kernels, in one call that keeps no workspace; before it Marlin's.
  bool run_in_one_call() const;
  PaddedExpert padded() const;
  /// What loading a layer's experts leaves allocated.
  VllmBlocks blocks() const;
};

}  // namespace calibram
