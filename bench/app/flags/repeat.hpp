// SPDX-License-Identifier: MIT
// The flags with which a changed question is asked again.
#pragma once

#include "src/engine/question_words.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The words of the question `changed`, which was made of `asked`, the question in `words`.
QuestionWords words_of(const Question& changed, const QuestionWords& words, const Question& asked);

/// The flags of `changed` that `words` has not, and with MODEL all that are not the default.
std::vector<std::string> flags_beside(const QuestionWords& words, const QuestionWords& changed);
std::vector<std::string> model_and_flags(const QuestionWords& words);

/// Words as a shell reads them, quoted where need be.
std::string shell_text(const std::vector<std::string>& words);

}  // namespace calibram
