// SPDX-License-Identifier: MIT
// The counted decoder pass with its books in view, for those who ask more of it than a count.
#pragma once

#include "src/engine/counting_ops.hpp"

#include <memory>

namespace calibram {

/// The books that the metric and the runtime's allocator call for.
std::unique_ptr<CountingOps> books_of(const Question& question, const Runtime& runtime, bool fold = true);

/// Runs every phase. @throws InputError as validate_countable
void count_pass(const Question& question, const Runtime& runtime, CountingOps& ops);

}  // namespace calibram
