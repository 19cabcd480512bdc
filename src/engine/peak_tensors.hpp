// SPDX-License-Identifier: MIT
// Which tensors are alive at the peak of a counted pass.
#pragma once

#include "src/engine/count.hpp"
#include "src/engine/ops.hpp"

#include <vector>

namespace calibram {

/// Tensors that are alike.
struct TensorGroup {
  Term term = Term::activation;
  Element element = Element::fp16;
  std::int64_t rows = 0, columns = 0;
  std::int64_t count = 0;
  Bytes bytes;  ///< of all of them, rounded as the metric rounds
};

/// What the devices hold at their peaks, all together, the largest first. Nothing where the runtime has a way
/// of its own to be counted. Every layer is counted, which takes milliseconds.
/// @throws InputError as validate_countable
std::vector<TensorGroup> tensors_at_peak(const Question& question, const Runtime& runtime);

}  // namespace calibram
