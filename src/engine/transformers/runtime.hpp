// SPDX-License-Identifier: MIT
// What each version of Hugging Face transformers keeps alive in generate(), per model family.
#pragma once

#include "src/engine/runtime.hpp"

namespace calibram {

/// Its versions differ by model family: one that a version does not have, or whose history is not known, is
/// refused.
RuntimeFamily transformers_family();

}  // namespace calibram
