// SPDX-License-Identifier: MIT
// The one place that questions are asked at: which estimator answers, unless one is named.
#pragma once

#include "bench/calculator/capacity.hpp"
#include "fit/asked.hpp"

#include <optional>
#include <string>

namespace calibram {

/// The same questions always get the same answers, from any thread.
class Calculator {
 public:
  /// @param estimators  that outlive this
  /// @param estimator   the one that is asked; empty: calibrated where it answers, else theory; rule-1.2 for
  /// a
  ///                    bare size
  /// @throws InputError for an unknown name, with the known ones
  explicit Calculator(const Estimators& estimators, std::string estimator = {});

  /// @throws InputError where only a profile could answer and there is none
  Asked ask(const Question& question) const;

  /// What is left for the cache of an engine that fills a budget; nothing where no profile tells.
  std::optional<Estimate> cache_room(Question question) const;

  /// Whether the question is answered, and the answer fits. A question that cannot be answered does not fit.
  bool fits(const Question& question, const Capacity& capacity) const;

 private:
  const Estimators& estimators_;
  std::string estimator_;
};

}  // namespace calibram
