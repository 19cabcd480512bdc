// SPDX-License-Identifier: MIT
// Which layers device_map="auto" puts on which card.
#pragma once

#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <cstdint>
#include <vector>

namespace calibram {

/// How many layers each of `devices` cards gets, in order: room for an equal share of all weights and a
/// buffer, of which the first card keeps the largest module free. The cards' own memory is taken to be no
/// limit. Source: github.com/huggingface/accelerate src/accelerate/utils/modeling.py @16cb6eb8,
/// get_balanced_memory() and infer_auto_device_map()
std::vector<std::int64_t> balanced_layers(const Model& model, const Format& weights, int devices);

}  // namespace calibram
