// SPDX-License-Identifier: MIT
// Which questions never need less memory for more tokens or sequences: where that is proved, not observed.
#pragma once

#include "bench/calculator/calculator.hpp"

namespace calibram {

/// Whether the answer never shrinks while, all else equal, the batch grows, or the context in the way of
/// with_context(); and whether a number that cannot be answered ends the numbers that can. False where there
/// is no proof.
bool never_shrinks(const Calculator& calculator, const Question& question);

}  // namespace calibram
