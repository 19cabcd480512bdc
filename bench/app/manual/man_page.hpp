// SPDX-License-Identifier: MIT
// The manual page, for man(1).
#pragma once

#include "bench/app/manual/command_line.hpp"

#include <string>

namespace calibram {

/// In the man macros of roff. @param version  "0.1.0"
std::string man_page(const ProgramDescription& program, const std::string& version);

}  // namespace calibram
