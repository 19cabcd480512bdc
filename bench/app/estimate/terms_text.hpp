// SPDX-License-Identifier: MIT
// The table of an estimate's terms for people: sizes, what they may be off, shares as bars.
#pragma once

#include "fit/estimator.hpp"
#include "src/engine/question.hpp"

#include <string>

namespace calibram {

/// A share of `columns` characters, to an eighth of one; of what is there, at least that.
std::string bar(double share, int columns);

std::string terms_text(const Question& question, const Estimate& estimate);

}  // namespace calibram
