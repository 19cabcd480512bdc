// SPDX-License-Identifier: MIT
// What llama.cpp refuses, and what a question must have to be counted.
#pragma once

#include "src/engine/question.hpp"

namespace calibram::llama_cpp {

/// @throws InputError for what llama.cpp would refuse, with what is possible instead
void check(const Question& question, const Runtime& runtime, const LlamaCppSettings& settings);

/// n_ctx: the context column, else room for the question's tokens in every slot.
std::int64_t asked_context(const Question& question, const LlamaCppSettings& settings);

}  // namespace calibram::llama_cpp
