// SPDX-License-Identifier: MIT
// The one place that questions are asked at: which estimator answers, unless one is named.
#pragma once

#include "bench/calculator/capacity.hpp"
#include "fit/asked.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace calibram {

/// The same questions always get the same answers, from any thread.
class Calculator {
 public:
  /// @param estimators  that outlive this
  /// @param estimator   the one that is asked; empty: as only_estimator() of fit/asked.hpp says
  /// @throws InputError for an unknown name, with the known ones
  explicit Calculator(const Estimators& estimators, std::string estimator = {});

  /// @throws InputError where only a profile could answer and there is none
  Asked ask(const Question& question) const;

  /// The same answers for other workloads, faster. The estimators and the question's model outlive it.
  /// @throws InputError as `ask`
  PreparedAsk prepare(const Question& question) const;

  /// The estimator that is asked whatever the workload is; empty where the workload may decide.
  std::string_view only_estimator(const Question& question) const;

  /// What is left for the cache of an engine that fills a budget; nothing where no profile tells.
  std::optional<Estimate> cache_room(Question question) const;

  /// What the one who answered made the answer of, fit by fit; empty where nothing was fitted.
  std::vector<FittedPart> fitted_parts(const Question& question, const Asked& asked) const;

  /// Whether the question is answered, and the answer fits. A question that cannot be answered does not fit.
  bool fits(const Question& question, const Capacity& capacity) const;

 private:
  const Estimators& estimators_;
  std::string estimator_;
};

}  // namespace calibram
