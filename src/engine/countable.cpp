// SPDX-License-Identifier: MIT
// The checks that all engines share.
#include "src/engine/countable.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram {

void require_model(const Question& question) {
  if (!question.model)
    throw InputError{fmt::format("'{}' is a size without an architecture", question.subject), "",
                     "name a model; only the rules of thumb can answer a bare size"};
}

void require_positions(const Model& model, std::int64_t tokens) {
  if (model.positions == Positions::learned && tokens > model.max_positions)
    throw InputError{fmt::format("cannot count {} tokens of {}", tokens, model.name),
                     fmt::format("its learned positions end at {}", model.max_positions),
                     fmt::format("ask for at most {} tokens", model.max_positions)};
}

}  // namespace calibram
