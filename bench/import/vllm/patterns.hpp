// SPDX-License-Identifier: MIT
// What vLLM prints while it starts, from 0.6 to 0.2x, both engines.
#pragma once

#include "bench/import/line_patterns.hpp"

namespace calibram {

/// Groups ending in _gib are printed in GiB. `engine`, `arguments` and `server` begin a start.
std::span<const LinePattern> vllm_patterns();

}  // namespace calibram
