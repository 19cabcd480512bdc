// SPDX-License-Identifier: MIT
// The architecture that a GGUF header describes, layer by layer, as llama.cpp understands it.
#pragma once

#include "src/model/gguf/gguf.hpp"
#include "src/model/model.hpp"

#include <string>

namespace calibram {

/// Keys give the sizes, tensors show which parts each layer has, and both must agree. Defaults that were
/// taken, and what of the file is left out, stand in the model's remarks.
/// @throws InputError naming the key or the tensor, for a contradiction, for what is missing and for an
///     architecture that is not known
Model model_of(const Gguf& gguf, std::string name);

}  // namespace calibram
