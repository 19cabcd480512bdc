// SPDX-License-Identifier: MIT
// What each version of Hugging Face transformers keeps alive in generate(), per model family.
#pragma once

#include "src/engine/runtime.hpp"

#include <string_view>

namespace calibram {

/// The released versions whose behaviour is known, for people.
inline constexpr std::string_view transformers_versions = "4.31 to 4.57";

/// The behaviour of `transformers@version` for a model family (`model_type`), attention as its default.
/// @throws InputError for a version that is missing, malformed or outside the known range, and for a family
/// that the version does not have or whose history is not known
Runtime transformers_runtime(std::string_view name, std::string_view version, std::string_view family);

/// Sets what follows from the attention kind, which options may have changed.
void settle_transformers_attention(Runtime& runtime, std::string_view family);

}  // namespace calibram
