// SPDX-License-Identifier: MIT
// A question in a user's words: what a row asks, without its measurement.
#pragma once

#include "src/engine/measurement.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace calibram {

/// Its texts go when it goes, where those of a row live as long as the program: whoever answers strangers
/// must not keep what each of them wrote.
struct QuestionWords {
  std::string model, runtime = "calibram", weights, kv, device;
  Workload workload{};
  int devices = 1;
  Split split = Split::none;
  Options options{};
  Metric metric = Metric::allocated;
};

/// What a row asks.
QuestionWords words_of(const Measurement& row);

/// Reads a text as the column of that name reads it. @throws InputError "must be ..."
void read_word(const MeasurementColumn& column, std::string_view text, QuestionWords& words);

/// The text that the column of that name would have; empty for a column that is not asked.
std::string word_of(const MeasurementColumn& column, const QuestionWords& words);

/// Finds the model that is called so. @throws InputError where there is none
using FindModel = std::function<std::shared_ptr<const Model>(const std::string& name)>;

/// The question in these words. @param find  is asked for a model, not for a bare size
/// @throws InputError when its model, formats or runtime are unknown
Question question_of(QuestionWords words, const FindModel& find);

}  // namespace calibram
