// SPDX-License-Identifier: MIT
// What every engine's count asks of a question before it begins.
#pragma once

#include "src/engine/question.hpp"

#include <cstdint>

namespace calibram {

/// @throws InputError for a bare size, which has no tensors
void require_model(const Question& question);

/// @throws InputError where learned positions end before `tokens` of a sequence
void require_positions(const Model& model, std::int64_t tokens);

}  // namespace calibram
