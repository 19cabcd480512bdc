// SPDX-License-Identifier: MIT
// What advice says, for people and for programs.
#pragma once

#include "bench/calculator/advice/advice.hpp"
#include "src/engine/question_words.hpp"

#include <string>
#include <vector>

namespace calibram {

struct AdviceReport {
  const QuestionWords& words;  ///< as asked
  const Advice& advice;
  /// Flags of `estimate` beside those: the card, the estimator, the profile.
  std::vector<std::string> further_flags;
};

/// What it needs, a table of remedies, those that do not apply, and the plan with the command that shows it.
std::string advice_text(const AdviceReport& report);

/// The same as one JSON document with a line end.
std::string advice_json(const AdviceReport& report);

/// The words behind "calibram" that ask a remedied question again: of each part, where it is put together.
std::vector<std::vector<std::string>> commands_of(const AdviceReport& report, const OnCard& on_card);

/// What the engine must be told, or counts in another way, so that the need is met.
std::vector<std::string> notes_on(const Need& need);

}  // namespace calibram
