// SPDX-License-Identifier: MIT
// Whether an answer fits the memory of a card, and what decides it.
#pragma once

#include "fit/estimator.hpp"

#include <string>

namespace calibram {

/// The memory of one device, of each where a question spreads over several.
struct Capacity {
  std::string gpu;  ///< as people call it; for bare memory its size
  Bytes bytes;
  bool is_card = false;  ///< of which a CUDA context takes its part; else all of it is for the answer
};

/// One answer held against one capacity.
struct Fitting {
  Capacity capacity;
  Bytes needed;     ///< by the fullest device: with 99 % at most, where the estimate has an interval
  Bytes set_aside;  ///< for the CUDA context, where the metric does not contain it

  Bytes headroom() const { return capacity.bytes - set_aside - needed; }
  bool fits() const { return headroom() >= Bytes{}; }
};

/// Of the fullest device: its part of the estimate, and the same share of how far the 99 % bound lies above
/// the total, as if the errors of all devices were one. The host's part of a spread run is not a card's.
Bytes needed_per_device(const Estimate& estimate);

/// What a process takes of a card before its first tensor, where the metric counts tensors alone: 0.51 GiB,
/// the largest figure published for lazily loaded kernels on one card (H100, vLLM 0.19, before weights; the
/// smallest is 0.25 GiB). A measurement replaces it: a profile of the card, and the metric `device`.
Bytes set_aside_for_context(Metric metric);

Fitting fit_into(const Estimate& estimate, Metric metric, const Capacity& capacity);

}  // namespace calibram
