// SPDX-License-Identifier: MIT
// Which questions never need less memory for more tokens or sequences, or have a bound that does not: where
// that is proved, not observed.
#pragma once

#include "bench/calculator/calculator.hpp"
#include "src/engine/allocated_ceiling.hpp"

#include <memory>

namespace calibram {

/// Whether the answer never shrinks while, all else equal, the batch grows, or the context in the way of
/// with_context(); and whether a number that cannot be answered ends the numbers that can. False where there
/// is no proof.
bool never_shrinks(const Calculator& calculator, const Question& question);

/// What bounds the answer for a number and for all below it, where such a bound is proved; else null.
std::unique_ptr<AllocatedCeiling> ceiling_of(const Calculator& calculator, const Question& question);

}  // namespace calibram
