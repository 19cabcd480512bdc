// SPDX-License-Identifier: MIT
// A grid's rows: in order, the same for any number of threads, and each what a question alone is answered.
#include "bench/calculator/grid.hpp"
#include "fit/estimator.hpp"
#include "src/engine/measurement.hpp"
#include "tests/support/csv_records.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Question question(const std::string& model, const std::string& runtime = "calibram") {
  Measurement row;
  row.model = model;
  row.runtime = runtime;
  row.workload.generate = 4;
  return question_of(row);
}

std::string rows_of(const Grid& grid, const Calculator& calculator, unsigned threads) {
  std::string text = grid_header();
  ask_grid(grid, calculator, threads, [&](const GridRows& rows) { text += rows.text; });
  return text;
}

TEST(Grid, HasARowForEveryPointInOrder) {
  const Estimators estimators = rules_and_theory();
  const Grid grid{
      {question("qwen2-0.5b"), question("llama-3-8b", "transformers@4.40.0")},
      {1, 8},
      {100, 1000, 3000},
      {{"small", Bytes{std::int64_t{2} << 30}}, {"a \"card\"", Bytes{std::int64_t{24} << 30}, true}}};
  const auto rows = records(rows_of(grid, Calculator{estimators}, 3));
  ASSERT_THAT(rows, SizeIs(24));
  EXPECT_EQ(grid.points(), 24);
  EXPECT_EQ(rows[0].at("gpu"), "small");
  EXPECT_EQ(rows[1].at("gpu"), "a \"card\"");
  EXPECT_EQ(rows[2].at("prompt"), "996");
  EXPECT_EQ(rows[6].at("batch"), "8");
  EXPECT_EQ(rows[12].at("runtime"), "transformers@4.40.0");
}

TEST(Grid, AnswersWhatAQuestionAloneIsAnswered) {
  const Estimators estimators = rules_and_theory();
  const Calculator calculator{estimators};
  const Capacity capacity{"card", Bytes{std::int64_t{16} << 30}, true};
  std::vector<Question> questions;
  for (const char* model : {"qwen2-0.5b", "mixtral-8x7b", "gemma-3-12b", "deepseek-v2-lite", "mamba-790m"})
    for (const char* runtime : {"calibram", "transformers@4.40.0", "vllm@0.19.0"})
      questions.push_back(question(model, runtime));
  const Grid grid{questions, {1, 3, 64}, {1, 2, 5, 777, 8192, 8193}, {capacity}};
  const auto rows = records(rows_of(grid, calculator, 2));
  std::size_t index = 0, answered = 0;
  for (Question asked : questions)
    for (const std::int64_t batch : grid.batches)
      for (const std::int64_t context : grid.contexts) {
        const auto& row = rows.at(index++);
        const std::int64_t generate = std::min<std::int64_t>(4, context - 1);
        asked.workload = {batch, context - generate, generate, std::nullopt};
        const Asked alone = calculator.ask(asked);
        if (!alone.estimate()) {
          EXPECT_EQ(row.at("total_bytes"), "");
          EXPECT_NE(row.at("reason"), "");
          continue;
        }
        ++answered;
        EXPECT_EQ(row.at("total_bytes"), std::to_string(alone.estimate()->total.count()))
            << asked.subject << " " << asked.runtime << " " << batch << " " << context;
        EXPECT_EQ(row.at("fits"), calculator.fits(asked, capacity) ? "true" : "false");
      }
  EXPECT_GT(answered, rows.size() / 2);
}

TEST(Grid, IsTheSameForAnyNumberOfThreads) {
  const Estimators estimators = rules_and_theory();
  Grid grid{{question("qwen2-0.5b"), question("qwen2-7b", "vllm@0.19.0")}, {1, 2}, {}, {}};
  for (std::int64_t context = 1; context < 6000; ++context) grid.contexts.push_back(context);
  const Calculator calculator{estimators};
  EXPECT_EQ(rows_of(grid, calculator, 1), rows_of(grid, calculator, 5));
}

TEST(Grid, WhatCannotBeAnsweredSaysWhy) {
  const Estimators estimators = rules_and_theory();
  Question packed = question("llama-3-8b", "transformers@4.40.0");
  packed.metric = Metric::device;
  const auto rows = records(rows_of({{packed}, {1}, {100}, {{"card", Bytes{1}}}}, Calculator{estimators}, 1));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0].at("reason"), HasSubstr("does not know the metric device"));
  EXPECT_EQ(rows[0].at("fits"), "");
  EXPECT_EQ(rows[0].at("gpu"), "card");
}

}  // namespace
}  // namespace calibram
