// SPDX-License-Identifier: MIT
// Reads and writes the words of a question by the columns of a row.
#include "src/engine/question_words.hpp"

#include <array>
#include <utility>

namespace calibram {
namespace {

using Texts = std::pair<SharedText Measurement::*, std::string QuestionWords::*>;
constexpr std::array<Texts, 5> texts = {{{&Measurement::model, &QuestionWords::model},
                                         {&Measurement::runtime, &QuestionWords::runtime},
                                         {&Measurement::weights, &QuestionWords::weights},
                                         {&Measurement::kv, &QuestionWords::kv},
                                         {&Measurement::device, &QuestionWords::device}}};

/// Null for a column of numbers or pairs, or one that nobody asks.
std::string QuestionWords::*text_of(const MeasurementColumn& column) {
  for (const auto& [of_row, of_words] : texts)
    if (column.text == of_row) return of_words;
  return nullptr;
}

/// All but the texts.
Measurement numbers_of(const QuestionWords& words) {
  Measurement row;
  row.workload = words.workload;
  row.devices = words.devices;
  row.split = words.split;
  row.options = words.options;
  row.metric = words.metric;
  return row;
}

void take_numbers(Measurement row, QuestionWords& words) {
  words.workload = row.workload;
  words.devices = row.devices;
  words.split = row.split;
  words.options = std::move(row.options);
  words.metric = row.metric;
}

}  // namespace

QuestionWords words_of(const Measurement& row) {
  QuestionWords words;
  for (const auto& [of_row, of_words] : texts) words.*of_words = (row.*of_row).str();
  take_numbers(row, words);
  return words;
}

void read_word(const MeasurementColumn& column, std::string_view text, QuestionWords& words) {
  if (const auto member = text_of(column)) {
    words.*member = column.text == &Measurement::runtime ? with_release_as_written(text) : std::string{text};
    return;
  }
  Measurement row = numbers_of(words);
  column.read(row, text);
  take_numbers(std::move(row), words);
}

std::string word_of(const MeasurementColumn& column, const QuestionWords& words) {
  if (const auto member = text_of(column)) return words.*member;
  return column.write(numbers_of(words));
}

}  // namespace calibram
