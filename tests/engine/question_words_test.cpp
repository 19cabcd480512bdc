// SPDX-License-Identifier: MIT
// Words of a question: as a row reads and writes them, and looked up by whoever asks.
#include "src/engine/question_words.hpp"

#include "src/core/error.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace calibram {
namespace {

/// Every word that is no default.
Measurement row_of_all_words() {
  Measurement row;
  row.model = "qwen2-7b";
  row.runtime = "vllm@0.19.0";
  row.weights = "int8";
  row.kv = "fp8";
  row.workload = {.batch = 3, .prompt = 100, .generate = 20, .context = 500};
  row.devices = 2;
  row.split = Split::tensor;
  row.options = {{"max_num_seqs", "16"}};
  row.metric = Metric::kv_cache;
  row.device = "A100 80GB";
  return row;
}

const std::vector<std::string_view> asked_columns = {"model",   "runtime",  "weights", "kv",      "batch",
                                                     "prompt",  "generate", "context", "devices", "split",
                                                     "options", "metric",   "device"};

TEST(QuestionWords, AreReadAndWrittenAsARowIs) {
  const Measurement row = row_of_all_words();
  QuestionWords words;
  for (const MeasurementColumn& column : measurement_columns()) {
    if (std::find(asked_columns.begin(), asked_columns.end(), column.name) == asked_columns.end()) continue;
    read_word(column, column.write(row), words);
    EXPECT_EQ(word_of(column, words), column.write(row)) << column.name;
    EXPECT_EQ(word_of(column, words_of(row)), column.write(row)) << column.name;
    EXPECT_EQ(word_of(column, {}), column.write({})) << column.name;
  }
}

TEST(QuestionWords, AskWhatTheRowAsks) {
  const Question by_row = question_of(row_of_all_words());
  const Question by_words =
      question_of(words_of(row_of_all_words()), [&](const std::string&) { return by_row.model; });
  EXPECT_EQ(by_words.subject, by_row.subject);
  EXPECT_EQ(by_words.parameters, by_row.parameters);
  EXPECT_EQ(by_words.weights, by_row.weights);
  EXPECT_EQ(by_words.kv, by_row.kv);
  EXPECT_EQ(by_words.workload, by_row.workload);
  EXPECT_EQ(by_words.runtime, by_row.runtime);
  EXPECT_EQ(by_words.options, by_row.options);
  EXPECT_EQ(by_words.placement(), by_row.placement());
  EXPECT_EQ(by_words.metric, by_row.metric);
  EXPECT_EQ(by_words.device, by_row.device);
}

TEST(QuestionWords, AModelIsFoundByTheCallerAlone) {
  QuestionWords words;
  words.model = "/dev/null";
  const auto none = [](const std::string&) -> std::shared_ptr<const Model> {
    throw InputError{"none of that name", "", ""};
  };
  EXPECT_THROW(question_of(words, none), InputError);
  words.model = "7B";
  EXPECT_EQ(question_of(words, none).parameters, 7e9) << "a size is no name";
}

}  // namespace
}  // namespace calibram
