// SPDX-License-Identifier: MIT
// The commands that show a remedied question's numbers again.
#include "bench/app/advise/advise_report.hpp"
#include "bench/app/flags/repeat.hpp"

namespace calibram {
namespace {

std::vector<std::string> command_of(const AdviceReport& report, const Question& question, bool is_whole) {
  const Question& asked = report.advice.as_asked.on_card.question;
  std::vector<std::string> words = model_and_flags(words_of(question, report.words, asked));
  words.insert(words.begin(), "estimate");
  if (is_whole) words.insert(words.end(), report.further_flags.begin(), report.further_flags.end());
  return words;
}

}  // namespace

std::vector<std::vector<std::string>> commands_of(const AdviceReport& report, const OnCard& on_card) {
  if (on_card.parts.empty()) return {command_of(report, on_card.question, true)};
  std::vector<std::vector<std::string>> commands;
  // A part does not say whether the whole fits.
  for (const Question& part : on_card.parts) commands.push_back(command_of(report, part, false));
  return commands;
}

}  // namespace calibram
