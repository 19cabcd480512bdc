// SPDX-License-Identifier: MIT
// Questions and an unfitted calculator for the tests of this room.
#pragma once

#include "bench/calculator/calculator.hpp"
#include "src/engine/measurement.hpp"

#include <string>

namespace calibram {

inline Question question_about(const std::string& model, const std::string& runtime, Workload workload,
                               Options options = {}) {
  Measurement row;
  row.model = model;
  row.runtime = runtime;
  row.workload = workload;
  row.options = std::move(options);
  return question_of(row);
}

/// Theory and the rules.
class Theorist {
 public:
  operator const Calculator&() const { return calculator_; }

 private:
  Estimators estimators_ = rules_and_theory();
  Calculator calculator_{estimators_};
};

inline Capacity memory_of(Bytes bytes) { return {"", bytes, false}; }

}  // namespace calibram
