// SPDX-License-Identifier: MIT
// The buffer of a micro-batch's results.
#pragma once

#include "src/engine/count.hpp"
#include "src/engine/llama_cpp/placement.hpp"

namespace calibram::llama_cpp {

/// What is reserved for the largest micro-batch on each device, by walking its graph.
/// @throws InputError for an architecture, a version or a placement whose graph is not known
std::vector<Bytes> compute_buffers(const Question& question, const Runtime& runtime,
                                   const LlamaCppSettings& settings, const ContextSizes& sizes,
                                   const Placement& placement);

}  // namespace calibram::llama_cpp
