// SPDX-License-Identifier: MIT
// What the explanations of single terms share: products, and what is left over.
#pragma once

#include "bench/calculator/explanation/explanation.hpp"
#include "src/engine/peak_tensors.hpp"

#include <vector>

namespace calibram {

using Steps = std::vector<Step>;

/// A factor that is a whole number.
Factor whole(std::int64_t number, std::string unit = {});

/// The bytes are the product. The numbers are whole. @throws Error on overflow
Step product(std::vector<Factor> factors);

Step counted(std::string words, Bytes bytes);

Bytes sum_of(const Steps& steps);

/// Adds what the term has beyond the steps, if anything. Where the steps are more than the term, they do not
/// explain it, and what was counted stands alone.
void add_remainder(Steps& steps, Bytes term, const std::string& words);

/// The tensors of a term that were alive at the peak, the largest first, the small ones together.
Steps tensor_steps(const Question& question, const std::vector<TensorGroup>& tensors, Term term);

Steps weights_steps(const Question& question, Bytes term);

/// @param peak  of the device that holds most
Steps cache_steps(const Question& question, const Runtime& runtime, Phase peak, Bytes term,
                  const std::vector<TensorGroup>& tensors);

/// Activation, logits and workspace. @param tensors  none where the runtime has a way of its own to be
/// counted
Steps pass_steps(const Question& question, const Runtime& runtime, Term term, Bytes bytes,
                 const std::vector<TensorGroup>& tensors);

/// The terms of a rule of thumb.
std::vector<TermSteps> rule_steps(const Question& question, std::string_view rule, const TermBytes& terms);

}  // namespace calibram
