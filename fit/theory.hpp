// SPDX-License-Identifier: MIT
// Counting as an estimator, and theory's terms of a metric, which calibration scales.
#pragma once

#include "fit/estimator.hpp"

#include <memory>
#include <variant>
#include <vector>

namespace calibram {

class PreparedCount;

struct TheoryTerms {
  std::vector<TermBytes> devices;
  /// The allocator finds the card full on the way and gives back what it holds for reuse: what a driver sees
  /// afterwards is less than the peak.
  bool fills_the_card = false;
  bool ends_with_host = false;  ///< the last device is the host, which has what the cards do not
};

/// Theory's bytes of each device, only the terms that the metric of the question consists of: none for a
/// constant that is measured, such as the context. A sweep is fitted to these, and the calibrated estimator
/// scales these. Unanswered when the question cannot be counted, or its metric is put together from others.
std::variant<TheoryTerms, Unanswered> theory_terms(const Question& question);

/// The same for many workloads of one question. Of one thread.
class PreparedTheory {
 public:
  explicit PreparedTheory(const Question& question);
  ~PreparedTheory();
  std::variant<TheoryTerms, Unanswered> terms(const Workload& workload);

 private:
  Question question_;
  std::unique_ptr<PreparedCount> count_;  ///< none where the answer needs no count
};

/// What all devices hold, the host included, divided by the number of devices that were asked for.
TermBytes mean_terms(const std::vector<TermBytes>& devices, int asked);

/// `theory`: answers what consists of counted bytes alone.
std::unique_ptr<Estimator> theory();

}  // namespace calibram
