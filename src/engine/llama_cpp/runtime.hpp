// SPDX-License-Identifier: MIT
// llama.cpp, whose buffers are counted from its graph.
#pragma once

#include "src/engine/runtime.hpp"

namespace calibram {

RuntimeFamily llama_cpp_family();

}  // namespace calibram
