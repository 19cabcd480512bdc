// SPDX-License-Identifier: MIT
// The buffer of a micro-batch's results.
#pragma once

#include "src/engine/count.hpp"
#include "src/engine/llama_cpp/cells.hpp"

namespace calibram::llama_cpp {

/// What is reserved for the largest micro-batch, by walking its graph.
/// @throws InputError for an architecture, a version or a back end whose graph is not known
Bytes compute_buffer(const Question& question, const Runtime& runtime, const LlamaCppSettings& settings,
                     const ContextSizes& sizes);

}  // namespace calibram::llama_cpp
