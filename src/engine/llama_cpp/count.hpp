// SPDX-License-Identifier: MIT
// llama.cpp's buffers: weights, cache, compute and output, by device.
#pragma once

#include "src/engine/count.hpp"

namespace calibram::llama_cpp {

/// The metrics weights and kv_cache need no graph, and are counted without it.
/// @throws InputError for settings that llama.cpp refuses, saying what is possible, and for what is not known
Count count(const Question& question, const Runtime& runtime);

}  // namespace calibram::llama_cpp
