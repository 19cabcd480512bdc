// SPDX-License-Identifier: MIT
// Requests are sequences of a batch, and a shared prefix takes whole blocks off all but the first.
#include "bench/calculator/concurrency.hpp"

#include "src/core/error.hpp"
#include "src/engine/cache_rules.hpp"
#include "tests/bench/calculator/questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Options paged = {{"cache", "paged"}, {"block_tokens", "32"}};

class Requests : public testing::Test {
 protected:
  Concurrency asked(const Question& question, const ConcurrencyRequest& request) const {
    return concurrency(calculator_, rule_, question, request);
  }

  const Estimators estimators_ = rules_and_theory();
  const Calculator calculator_{estimators_};
  const Calculator rule_{estimators_, "rule-terms"};
};

TEST_F(Requests, WithoutAPrefixAreTheEstimateOfThatBatch) {
  Question question = ask("qwen2-7b", "calibram", {.prompt = 500, .generate = 20});
  const Concurrency result = asked(question, {.up_to = 12});
  ASSERT_EQ(result.rows.size(), 12u);
  EXPECT_EQ(result.estimator, "theory");
  for (const ConcurrencyRow& row : result.rows) {
    question.workload.batch = row.requests;
    const Asked alone = calculator_.ask(question);
    EXPECT_EQ(row.estimate.total, alone.estimate()->total);
    EXPECT_EQ(row.estimate.terms, alone.estimate()->terms);
    EXPECT_EQ(row.rule_terms, rule_.ask(question).estimate()->total);
    question.workload.batch = row.requests + 1;
    EXPECT_EQ(row.next, calculator_.ask(question).estimate()->total - row.estimate.total);
  }
}

/// What the rule of the engine's cache says of tokens, which knows nothing of the pass.
Bytes cache_of(const Question& question, std::int64_t tokens) {
  return sequence_cache(*find_cache_rule(question.runtime), *question.model, *question.kv, *question.kv, 2)
      .bytes(tokens);
}

TEST_F(Requests, KeepTheWholeBlocksOfAPrefixOnce) {
  for (const auto& [runtime, options, block] :
       {std::tuple{"calibram", paged, 32}, std::tuple{"vllm@0.19.0", Options{}, 16}}) {
    Question question = ask("qwen2-7b", runtime, {.prompt = 500, .generate = 20}, "bf16", options);
    const Concurrency apart = asked(question, {.up_to = 9});
    const Concurrency shared = asked(question, {.up_to = 9, .shared_prefix = 333});
    ASSERT_TRUE(shared.prefix);
    const std::int64_t tokens = 333 / block * block;
    EXPECT_EQ(shared.prefix->shared_tokens, tokens);
    EXPECT_EQ(shared.prefix->bytes, cache_of(question, tokens)) << runtime;
    for (std::size_t i = 0; i < 9; ++i) {
      const Bytes saved = static_cast<std::int64_t>(i) * cache_of(question, tokens);
      const Estimate &one = apart.rows[i].estimate, &other = shared.rows[i].estimate;
      EXPECT_EQ(one.total - other.total, saved);
      EXPECT_EQ(one.terms[Term::kv_cache] - other.terms[Term::kv_cache], saved);
      EXPECT_EQ(one.terms[Term::activation], other.terms[Term::activation]);
      EXPECT_EQ(other.terms.total(), other.total);
      EXPECT_EQ(other.devices.front(), other.total);
    }
  }
}

TEST_F(Requests, HoldEachTheLastTokenOfThePromptThemselves) {
  const Question question = ask("qwen2-7b", "calibram", {.prompt = 64, .generate = 8}, "bf16", paged);
  EXPECT_EQ(shared_prefix(calculator_, question, 64).shared_tokens, 32);
  EXPECT_EQ(shared_prefix(calculator_, question, 63).shared_tokens, 32);
  EXPECT_EQ(shared_prefix(calculator_, question, 31).bytes, Bytes{});
}

TEST_F(Requests, ThatAreSharedFitInTheirOwnNumber) {
  const Question question = ask("qwen2-7b", "calibram", {.prompt = 4000, .generate = 100}, "bf16", paged);
  const Concurrency result =
      asked(question, {.up_to = 40, .shared_prefix = 3000, .capacity = memory_of(24_GiB)});
  for (const ConcurrencyRow& row : result.rows)
    EXPECT_EQ(row.fitting->fits(), row.estimate.total <= 24_GiB) << row.requests;
  EXPECT_TRUE(result.rows.front().fitting->fits());
  EXPECT_FALSE(result.rows.back().fitting->fits());
}

TEST_F(Requests, EndWhereTheEngineTakesNoMore) {
  const Question question = ask("qwen2-7b", "vllm@0.19.0", {.prompt = 100}, "bf16", {{"max_num_seqs", "5"}});
  const Concurrency result = asked(question, {.up_to = 50});
  ASSERT_EQ(result.rows.size(), 5u);
  EXPECT_FALSE(result.rows.back().next);
  EXPECT_THAT(result.refusal, HasSubstr("max_num_seqs is 5"));
}

TEST_F(Requests, CannotShareWhatIsInOnePieceOrAWindowOrAState) {
  const auto refusal = [&](const Question& question, std::int64_t tokens = 100) {
    try {
      shared_prefix(calculator_, question, tokens);
    } catch (const InputError& error) {
      return std::string{error.what()};
    }
    return std::string{"shared"};
  };
  const Workload workload{.prompt = 500, .generate = 20};
  EXPECT_EQ(refusal(ask("qwen2-7b", "calibram", workload)),
            "requests of qwen2-7b under calibram cannot share a prefix (it keeps the cache of every sequence "
            "in one "
            "piece, not in blocks); add --options cache=paged");
  EXPECT_THAT(refusal(ask("qwen2-7b", "transformers@4.46.0", workload)), HasSubstr("ask --runtime vllm"));
  EXPECT_THAT(refusal(ask("gemma-2-9b", "vllm@0.19.0", workload, "bf16")), HasSubstr("window"));
  EXPECT_THAT(refusal(ask("falcon-mamba-7b", "calibram", workload, "bf16", paged)), HasSubstr("state"));
  EXPECT_THAT(refusal(ask("qwen2-7b", "calibram", workload, "bf16", paged), 501),
              HasSubstr("--shared-prefix 501 is longer than the prompt"));
  Question weights = ask("qwen2-7b", "calibram", workload, "bf16", paged);
  weights.metric = Metric::weights;
  EXPECT_THROW(asked(weights, {.shared_prefix = 100}), InputError);
}

}  // namespace
}  // namespace calibram
