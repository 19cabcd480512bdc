// SPDX-License-Identifier: MIT
// calibram's own pass as a runtime: its options.
#pragma once

#include "src/engine/runtime.hpp"

namespace calibram {

RuntimeFamily calibram_family();

}  // namespace calibram
