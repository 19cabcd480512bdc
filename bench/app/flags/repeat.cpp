// SPDX-License-Identifier: MIT
// Compares questions flag by flag.
#include "bench/app/flags/repeat.hpp"

#include "bench/app/flags/question_flags.hpp"

#include <algorithm>

namespace calibram {

QuestionWords words_of(const Question& changed, const QuestionWords& words, const Question& asked) {
  QuestionWords result = words;
  const bool has_other_weights = changed.weights != asked.weights;
  if (has_other_weights) result.weights = changed.weights->name;
  // Where weights were named, the cache's format follows them unless it is named too.
  if (changed.kv != asked.kv || (has_other_weights && !words.weights.empty())) result.kv = changed.kv->name;
  if (changed.runtime != asked.runtime) result.runtime = changed.runtime;
  result.workload = changed.workload;
  result.options = changed.options;
  result.devices = changed.devices;
  result.split = changed.split;
  result.metric = changed.metric;
  return result;
}

std::vector<std::string> flags_beside(const QuestionWords& words, const QuestionWords& changed) {
  const std::vector<std::string> before = QuestionFlags::arguments(words),
                                 after = QuestionFlags::arguments(changed);
  std::vector<std::string> flags;
  // MODEL comes first, then pairs of a flag and its value.
  for (std::size_t i = 1; i + 1 < after.size(); i += 2) {
    const auto same = std::find(before.begin() + 1, before.end(), after[i]);
    if (same != before.end() && same + 1 != before.end() && *(same + 1) == after[i + 1]) continue;
    flags.insert(flags.end(), {after[i], after[i + 1]});
  }
  return flags;
}

std::vector<std::string> model_and_flags(const QuestionWords& words) {
  std::vector<std::string> command = {words.model};
  const std::vector<std::string> flags = flags_beside({}, words);
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

std::string shell_text(const std::vector<std::string>& words) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == word.npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    text += '\'';
  }
  return text;
}

}  // namespace calibram
