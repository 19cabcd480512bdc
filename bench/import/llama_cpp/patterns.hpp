// SPDX-License-Identifier: MIT
// What llama.cpp prints while it loads a model and makes a context, from early 2025 to late 2026.
#pragma once

#include "bench/import/line_patterns.hpp"

namespace calibram {

/// Groups ending in _mib are printed in MiB; the group before names the buffer.
std::span<const LinePattern> llama_cpp_patterns();

}  // namespace calibram
