// SPDX-License-Identifier: MIT
// Questions of models with few positions, so that every context of theirs can be asked.
#pragma once

#include "bench/calculator/inverse.hpp"
#include "tests/engine/question_builder.hpp"

#include <memory>
#include <string>

namespace calibram {

/// The same question of a model that ends at this many positions.
inline Question with_positions(Question question, std::int64_t positions) {
  auto model = std::make_shared<Model>(*question.model);
  model->max_positions = positions;
  question.model = std::move(model);
  return question;
}

/// What the fullest device needs, the context of a card aside.
inline Bytes need(const Calculator& calculator, const Question& question) {
  return fit_into(*calculator.ask(question).estimate(), question.metric, {}).needed;
}

inline Capacity memory_of(Bytes bytes) { return {gib_text(bytes), bytes}; }

}  // namespace calibram
