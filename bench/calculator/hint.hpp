// SPDX-License-Identifier: MIT
// The largest terms of an answer, and what a few changes would save of them.
#pragma once

#include "bench/calculator/calculator.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// Something that could be asked instead, and how much less that needs.
struct Change {
  std::string words;  ///< "int4 weights (awq-int4)"
  Question question;
  Bytes saved;
};

struct LargeTerm {
  Term term = Term::weights;
  double share = 0;  ///< of the total
};

struct Hint {
  std::vector<LargeTerm> terms;  ///< the largest, and the second where that is a quarter of the total or more
  std::vector<Change> changes;   ///< those that concern these terms and save most
};

/// Every saving is the difference of two estimates of the same estimator. Nothing where the answer is not
/// made of terms.
std::optional<Hint> hint_of(const Calculator& calculator, const Question& question, const Asked& asked);

/// "weights are 84 % of it: int4 weights (awq-int4) would save 45.10 GiB, int8 weights 29.31 GiB".
std::string hint_text(const Hint& hint);

}  // namespace calibram
