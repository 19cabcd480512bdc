// SPDX-License-Identifier: MIT
// Which of the estimators answers a question, unless one is named.
#pragma once

#include "fit/estimator.hpp"

#include <memory>
#include <string_view>

namespace calibram {

/// An answer and who gave it.
struct Asked {
  std::string_view estimator;
  Answer answer;

  /// Null where it could not answer.
  const Estimate* estimate() const { return std::get_if<Estimate>(&answer); }
};

/// One question, asked for many workloads. Of one thread.
class PreparedAsk {
 public:
  /// @param preferred  asked first; `otherwise`, where there is one, where that cannot answer
  PreparedAsk(const Estimator& preferred, const Estimator* otherwise, const Question& question);

  Asked ask(const Workload& workload);

 private:
  const Estimator& preferred_;
  const Estimator* otherwise_;
  std::unique_ptr<PreparedQuestion> by_preferred_, by_other_;
};

/// The estimator that is asked whatever the workload is; empty where the workload may decide.
/// @param name  the one that is asked for; empty: calibrated where it answers, else theory, and for a bare
///              size rule-1.2
std::string_view only_estimator(const Estimators& estimators, std::string_view name,
                                const Question& question);

/// The estimators, which outlive it, with a question.
/// @throws InputError for an unknown name, with the known ones; where only a profile could answer, for none
PreparedAsk prepare(const Estimators& estimators, std::string_view name, const Question& question);

}  // namespace calibram
