// SPDX-License-Identifier: MIT
// The quantization_config of compressed-tensors (llm-compressor), which describes weights and activations of
// every group of modules by themselves.
#pragma once

#include "src/model/quantisation/quantisation.hpp"

namespace calibram {

/// The format of all groups of weights, which must be one; `ignore` is not read here.
/// @throws InputError naming file, JSON path and rule
Quantisation compressed_tensors(const JsonNode& config, const Model& model);

}  // namespace calibram
