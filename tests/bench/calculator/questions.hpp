// SPDX-License-Identifier: MIT
// Questions and an unfitted calculator for the tests of this room.
#pragma once

#include "bench/calculator/inverse/inverse.hpp"
#include "src/engine/measurement.hpp"
#include "tests/engine/question_builder.hpp"

#include <memory>
#include <string>
#include <utility>

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

/// The same question of a model that ends at this many positions, so that every context of it can be asked.
inline Question with_positions(Question question, std::int64_t positions) {
  auto model = std::make_shared<Model>(*question.model);
  model->max_positions = positions;
  question.model = std::move(model);
  return question;
}

/// Theory and the rules.
class Theorist {
 public:
  operator const Calculator&() const { return calculator_; }

 private:
  Estimators estimators_ = rules_and_theory();
  Calculator calculator_{estimators_};
};

/// What the fullest device needs, the context of a card aside.
inline Bytes need(const Calculator& calculator, const Question& question) {
  return fit_into(*calculator.ask(question).estimate(), question.metric, {}).needed;
}

inline Capacity memory_of(Bytes bytes) { return {gib_text(bytes), bytes}; }

}  // namespace calibram
