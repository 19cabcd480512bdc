// SPDX-License-Identifier: MIT
// Which questions never need less memory for more tokens or sequences, or have a bound that does not: where
// that is proved, not observed.
#pragma once

#include "bench/calculator/calculator.hpp"
#include "src/engine/allocated_ceiling.hpp"

#include <cstdint>
#include <memory>

namespace calibram {

/// The number from which on the answer never shrinks while, all else equal, the batch grows, or the context
/// in the way of with_context(); and from which on one that cannot be answered ends those that can. The
/// largest integer where there is no proof.
std::int64_t never_shrinks_from(const Calculator& calculator, const Question& question);

/// What bounds the answer for a number and for all below it, where such a bound is proved; else null.
std::unique_ptr<AllocatedCeiling> ceiling_of(const Calculator& calculator, const Question& question);

}  // namespace calibram
