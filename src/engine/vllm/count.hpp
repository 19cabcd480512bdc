// SPDX-License-Identifier: MIT
// Counts what a vLLM run holds.
#pragma once

#include "src/engine/count.hpp"

namespace calibram {

/// `weights`: what loading leaves allocated. `kv_cache`: the pages that the workload's requests take, of the
/// pool that vLLM fills the rest of its share of the device with. `activation`, `logits` and `workspace`: the
/// peak of the profile run, in the sum what vLLM calls the torch peak increase; requests that run later stay
/// within it. The graphs and what lies outside PyTorch are measured, not counted.
/// @throws InputError when the model, formats, options and split do not go together
Count count_vllm(const Question& question, const Runtime& runtime);

}  // namespace calibram
