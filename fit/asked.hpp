// SPDX-License-Identifier: MIT
// Which of the estimators answers a question, unless one is named.
#pragma once

#include "fit/estimator.hpp"

#include <string>
#include <string_view>

namespace calibram {

/// An answer and who gave it.
struct Asked {
  std::string_view estimator;
  Answer answer;

  /// Null where it could not answer.
  const Estimate* estimate() const { return std::get_if<Estimate>(&answer); }
};

/// @param estimator  the one that is asked; empty: calibrated where it answers, else theory; rule-1.2 for a
///                   bare size
/// @throws InputError for an unknown name, with the known ones; where only a profile could answer and there
/// is
///         none
Asked ask(const Estimators& estimators, const std::string& estimator, const Question& question);

}  // namespace calibram
