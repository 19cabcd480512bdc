// SPDX-License-Identifier: MIT
// Explanations: products equal the numbers beside them, and the steps of a term add up to it.
#include "bench/calculator/explanation/explanation.hpp"

#include "src/model/catalogue.hpp"
#include "tests/engine/question_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The product of the numbers in "2 x 28 layers x 4 KV heads": what a reader would compute.
std::int64_t computed(const std::string& formula) {
  std::int64_t product = 1;
  for (std::size_t at = 0; at != std::string::npos;) {
    product *= std::stoll(formula.substr(at));
    at = formula.find(" x ", at);
    if (at != std::string::npos) at += 3;
  }
  return product;
}

class Explained : public testing::Test {
 protected:
  Explanation explained(const Question& question) const {
    return explain(calculator_, question, calculator_.ask(question));
  }

  std::vector<std::string> formulas(const Question& question, Term term) const {
    std::vector<std::string> texts;
    for (const TermSteps& steps : explained(question).terms)
      if (steps.term == term)
        for (const Step& step : steps.steps) texts.push_back(formula(step));
    return texts;
  }

  /// @return how many steps are products
  int check(const Question& question) const {
    const Asked asked = calculator_.ask(question);
    if (!asked.estimate()) return 0;  // this engine does not run this model
    TermBytes sum;
    int products = 0;
    for (const TermSteps& term : explained(question).terms) {
      Bytes steps;
      for (const Step& step : term.steps) {
        steps += step.bytes;
        if (step.factors.empty()) continue;
        ++products;
        EXPECT_EQ(computed(formula(step)), step.bytes.count()) << formula(step);
      }
      EXPECT_EQ(steps, term.bytes) << question.subject << " " << question.runtime;
      sum[term.term] += term.bytes;
    }
    EXPECT_EQ(sum, asked.estimate()->terms) << question.subject << " " << question.runtime;
    return products;
  }

  Estimators estimators_ = rules_and_theory();
  Calculator calculator_{estimators_};
};

TEST_F(Explained, EveryCataloguedModelUnderEveryEngineAddsUp) {
  for (const CatalogueEntry& entry : catalogue())
    for (const char* runtime :
         {"calibram", "transformers@4.38.2", "transformers@4.57.0", "vllm@0.19.0", "llama.cpp@v0.5.0"}) {
      Question question = ask(std::string{entry.name}, runtime, {2, 100, 30, {}});
      if (question.runtime.starts_with("llama.cpp")) question.options["parallel"] = "2";
      const int products = check(question);
      EXPECT_TRUE(products > 0 || !calculator_.ask(question).estimate()) << entry.name << " " << runtime;
    }
}

TEST_F(Explained, EveryFormatAndCacheAddsUp) {
  for (const char* format :
       {"fp32", "bf16", "int8", "fp8", "awq-int4", "gptq-int4", "nf4", "q4_k", "q8_0", "mxfp4"}) {
    Question question = ask("mixtral-8x7b", "calibram", {3, 100, 30, {}});
    question.weights = &weight_format(format);
    if (std::string_view{format} == "fp32") question.kv = &kv_format("fp32");
    EXPECT_GT(check(question), 0) << format;
  }
  for (const char* cache : {"reserved", "paged", "concatenated"})
    for (const char* model : {"qwen2-7b", "gemma-2-9b", "probe-latent"})
      check(ask(model, "calibram", {3, 101, 30, 207}, "fp16", {{"cache", cache}}));
}

TEST_F(Explained, RoundingIsAStepOfItsOwn) {
  Question question = ask("qwen2-0.5b", "transformers@4.46.0", {1, 301, 20, {}});
  question.metric = Metric::allocated;
  check(question);
  EXPECT_THAT(formulas(question, Term::weights).back(), HasSubstr("counted: rounded up"));
}

TEST_F(Explained, SeveralDevicesAddUp) {
  Question question = ask("qwen2-7b", "transformers@4.46.0", {1, 301, 20, {}});
  question.devices = 2;
  question.split = Split::layers;
  check(question);
  EXPECT_EQ(explained(question).devices.size(), 2u);
}

TEST_F(Explained, OfADenseModelWeightsAndCacheAreTheFormulasThatPeopleKnow) {
  const Question question = ask("qwen2-7b", "calibram", {1, 32000, 0, {}}, "bf16");
  EXPECT_THAT(formulas(question, Term::weights), ElementsAre("7615616512 parameters x 2 bytes (bf16)"));
  EXPECT_THAT(
      formulas(question, Term::kv_cache),
      ElementsAre("28 layers x 2 (keys and values) x 4 KV heads x 128 x 2 bytes (bf16) x 1 sequence x "
                  "32000 tokens"));
}

TEST_F(Explained, LatentVectorsAreOncePerToken) {
  EXPECT_THAT(formulas(ask("deepseek-v3", "calibram", {1, 100, 0, {}}, "bf16"), Term::kv_cache),
              ElementsAre("61 layers x 576 latent and rotated elements x 2 bytes (bf16) x 1 sequence x 100 "
                          "tokens"));
}

TEST_F(Explained, StatesAreAStepForEachPart) {
  const auto steps = formulas(ask("probe-mamba2", "calibram", {3, 100, 0, {}}), Term::kv_cache);
  EXPECT_THAT(steps, testing::Contains(HasSubstr("last inputs")));
  EXPECT_THAT(steps, testing::Contains(HasSubstr("elements of state x 4 bytes x 3 sequences")));
}

TEST_F(Explained, WindowsEndTheTokensOfTheirLayers) {
  const auto steps = formulas(ask("gpt-oss-20b", "vllm@0.19.0", {1, 20000, 0, {}}, "bf16"), Term::kv_cache);
  EXPECT_THAT(steps, testing::Contains(HasSubstr("x 128 tokens (the window)")));
  EXPECT_THAT(steps, testing::Contains(HasSubstr("x 20000 tokens")));
}

TEST_F(Explained, RulesAreTheirFormulas) {
  Measurement row;
  row.model = "70B";
  row.weights = "fp16";
  const Question question = question_of(row);
  EXPECT_THAT(formulas(question, Term::weights), ElementsAre("70000000000 parameters x 2 bytes"));
  EXPECT_THAT(formulas(question, Term::activation), ElementsAre("0.2 x 140000000000 bytes of weights"));
}

}  // namespace
}  // namespace calibram
