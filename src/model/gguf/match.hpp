// SPDX-License-Identifier: MIT
// Holds a model's description against the tensors that its GGUF file stores.
#pragma once

#include "src/model/gguf/tensors.hpp"
#include "src/model/weights.hpp"

#include <cstdint>
#include <optional>

namespace calibram {

/// Claims the tensor, or the part of a fused one, of each weight. @param layer  none: those outside the
/// layers
/// @throws InputError for the first weight without a tensor and for the first tensor of another shape
void match(const WeightShapes& described, TensorsByName& stored, std::optional<std::int64_t> layer,
           const GgufKeys& keys);

}  // namespace calibram
