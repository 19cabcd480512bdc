// SPDX-License-Identifier: MIT
// Sizes of memory as people write them on a command line.
#pragma once

#include "src/core/bytes.hpp"

#include <string>

namespace calibram {

/// "24GiB", "24G", "80GB", "512MiB", "25769803776". @throws InputError naming the flag
Bytes parse_size(const std::string& flag, const std::string& text);

}  // namespace calibram
