// SPDX-License-Identifier: MIT
// Hints: the largest term is named, and every saving is the difference of two estimates.
#include "bench/calculator/hint.hpp"

#include "tests/engine/question_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Hints : public testing::Test {
 protected:
  Hint hint(const Question& question) const {
    return hint_of(calculator_, question, calculator_.ask(question)).value();
  }

  Estimators estimators_ = rules_and_theory();
  Calculator calculator_{estimators_};
};

TEST_F(Hints, EverySavingIsWhatTheChangedQuestionNeedsLess) {
  for (const char* runtime :
       {"calibram", "transformers@4.38.2", "transformers@4.46.0", "vllm@0.19.0", "llama.cpp@v0.5.0"})
    for (const Workload& workload :
         {Workload{1, 100, 1, {}}, Workload{16, 16000, 1, {}}, Workload{2, 8000, 2000, {}}}) {
      Question question = ask("qwen2-7b", runtime, workload);
      if (question.runtime.starts_with("llama.cpp"))
        question.options["parallel"] = std::to_string(workload.batch);
      const Asked asked = calculator_.ask(question);
      ASSERT_NE(asked.estimate(), nullptr) << runtime;
      const Hint found = hint(question);
      EXPECT_FALSE(found.changes.empty()) << runtime << " " << workload.prompt;
      for (const Change& change : found.changes) {
        const Asked changed = calculator_.ask(change.question);
        EXPECT_EQ(change.saved, asked.estimate()->total - changed.estimate()->total) << change.words;
        EXPECT_GT(change.saved, Bytes{});
      }
    }
}

TEST_F(Hints, NamesTheLargestTermAndItsShare) {
  const Question question = ask("qwen2-7b", "calibram", {1, 100, 0, {}});
  const Hint found = hint(question);
  const Asked asked = calculator_.ask(question);
  EXPECT_EQ(found.terms.front().term, Term::weights);
  EXPECT_DOUBLE_EQ(found.terms.front().share * static_cast<double>(asked.estimate()->total.count()),
                   static_cast<double>(asked.estimate()->terms[Term::weights].count()));
  EXPECT_THAT(hint_text(found), AllOf(StartsWith("weights are "), HasSubstr(" % of it: int4 weights"),
                                      HasSubstr(" would save "), HasSubstr(", int8 weights ")));
}

TEST_F(Hints, OfACacheSpeakOfItsFormatTheBatchAndTheContext) {
  const std::string text = hint_text(hint(ask("llama-2-7b", "calibram", {16, 100, 0, 4000})));
  EXPECT_THAT(text, StartsWith("the KV cache is "));
  EXPECT_THAT(text, HasSubstr("an int8 cache "));
  EXPECT_THAT(text, HasSubstr("half the batch "));
  EXPECT_THAT(text, HasSubstr("half the context "));
}

TEST_F(Hints, OfThePromptsLogitsNameTheVersionThatDropsThem) {
  const Hint found = hint(ask("qwen2-7b", "transformers@4.38.2", {1, 30720, 2048, {}}));
  EXPECT_EQ(found.terms.front().term, Term::logits);
  EXPECT_THAT(hint_text(found),
              HasSubstr("transformers 4.45, which keeps the last token's alone, would save"));
  EXPECT_THAT(hint_text(hint(ask("qwen2-7b", "calibram", {1, 30720, 2048, {}}, "fp16", {{"logits", "all"}}))),
              HasSubstr("the last token's alone (logits=last) would save"));
}

TEST_F(Hints, ASecondTermOfAQuarterOrMoreIsNamedToo) {
  const std::string text = hint_text(hint(ask("qwen2-7b", "transformers@4.38.2", {2, 8000, 1, {}})));
  EXPECT_THAT(text, StartsWith("weights are 49 % of it, logits 4"));
  EXPECT_THAT(text, AllOf(HasSubstr("int4 weights"), HasSubstr("transformers 4.45, ")));
}

TEST_F(Hints, WhatTheEngineDoesNotAllowIsNotProposed) {
  // transformers keeps a cache as wide as the activations.
  for (const Change& change : hint(ask("llama-2-7b", "transformers@4.46.0", {16, 3000, 2, {}})).changes)
    EXPECT_THAT(change.words, testing::Not(HasSubstr("cache")));
}

TEST_F(Hints, ABareSizesRuleKnowsFormatsToo) {
  Measurement row;
  row.model = "70B";
  row.weights = "fp16";
  EXPECT_THAT(hint_text(hint(question_of(row))), StartsWith("weights are 83 % of it: int4 weights"));
}

}  // namespace
}  // namespace calibram
