// SPDX-License-Identifier: MIT
// How an answer came about: each number's formula with the values put in.
#pragma once

#include "bench/calculator/calculator.hpp"
#include "src/engine/count.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace calibram {

struct Factor {
  double number = 0;  ///< whole, but for those of the rules of thumb
  std::string unit;   ///< "KV heads"; may be empty
};

/// A number of bytes, and what it is the product of.
struct Step {
  std::vector<Factor> factors;  ///< empty: no product, but what was counted one by one
  std::string words;            ///< what that is
  Bytes bytes;
};

/// "2 x 28 layers x 4 KV heads", or "counted: …".
std::string formula(const Step& step);

/// A term as theory or a rule has it.
struct TermSteps {
  Term term = Term::weights;
  Bytes bytes;
  std::vector<Step> steps;  ///< they add up to the bytes
};

/// What a fit makes of theory's term; of the constant, of the number of devices.
struct ScaledTerm {
  Term term = Term::weights;
  Metric fit = Metric::allocated;  ///< whose coefficient it is
  double coefficient = 1;
  std::int64_t multiplied = 0;
  Bytes bytes;
};

struct Explanation {
  std::vector<TermSteps> terms;
  std::vector<ScaledTerm> scaled;    ///< empty where nothing was fitted
  std::vector<DeviceCount> devices;  ///< each at its peak; empty where nothing was counted
};

/// Of an answer that this calculator gave. Of what a budget leaves for a cache, the scaled terms are what is
/// taken from it.
Explanation explain(const Calculator& calculator, const Question& question, const Asked& asked);

}  // namespace calibram
