// SPDX-License-Identifier: MIT
// Which of the counted passes the machines can also run.
#pragma once

#include "src/engine/question.hpp"
#include "src/engine/runtime.hpp"

namespace calibram {

/// @throws InputError as validate_countable, and when the weights have a format that is only counted, or a
/// layer shares a cache that no layer has
void validate_executable(const Question& question, const Runtime& runtime);

}  // namespace calibram
