// SPDX-License-Identifier: MIT
// What torch.cuda.memory_stats() returns, written as JSON.
#pragma once

#include "bench/import/reading.hpp"

#include <string>
#include <string_view>

namespace calibram {

/// A dictionary of one device, flat ("allocated_bytes.all.peak") or nested, or a list of them.
/// @throws InputError for what is not JSON, or has none of these numbers
Reading read_statistics(std::string_view text, const std::string& name);

}  // namespace calibram
