// SPDX-License-Identifier: MIT
// The counted decoder pass with its books in view, for those who ask more of it than a count.
#pragma once

#include "src/engine/counting_ops.hpp"

#include <memory>

namespace calibram {

class Decoder;

/// Whether the metric's figures are those of a simulated caching allocator.
bool simulates_allocator(Metric metric, const Runtime& runtime);

/// The books that the metric and the runtime's allocator call for.
std::unique_ptr<CountingOps> books_of(const Question& question, const Runtime& runtime, bool fold = true);

/// Runs every phase. @throws InputError as validate_countable
void count_pass(const Question& question, const Runtime& runtime, CountingOps& ops);

/// The phases of a decoder whose weights are loaded.
void count_loaded(const Question& question, const Runtime& runtime, Decoder& decoder, CountingOps& ops);

}  // namespace calibram
