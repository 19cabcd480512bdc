// SPDX-License-Identifier: MIT
// What is put together from other metrics: the room of a cache under a memory budget, and a whole card.
#include "fit/calibrated.hpp"
#include "fit/observations.hpp"
#include "fit/theory.hpp"
#include "src/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

constexpr std::int64_t card_bytes = 85'000'000'000;
constexpr std::int64_t other_bytes = 270'000'000;

Measurement measured_row(const std::string& model, Metric metric, int devices = 1) {
  Measurement row;
  row.model = model;
  row.runtime = "vllm@0.19.0";
  row.weights = row.kv = "bf16";
  row.workload.context = 8192;
  row.options = {{"max_num_batched_tokens", "8192"}, {"max_num_seqs", "256"}};
  row.device = "H100 80GB";
  row.devices = devices;
  row.split = devices > 1 ? Split::tensor : Split::none;
  row.metric = metric;
  return row;
}

/// What an engine reports whose figures are theory's, with a constant of its own on every device.
std::vector<Measurement> engine_rows(int devices = 1) {
  std::vector<Measurement> rows;
  for (const char* model : {"codellama-7b", "llama-3.1-8b", "qwen2.5-7b", "phi-4"})
    for (const Metric metric : {Metric::weights, Metric::activation, Metric::other}) {
      Measurement row = measured_row(model, metric, devices);
      Bytes sum;
      const auto theory = std::get<TheoryTerms>(theory_terms(question_of(row)));
      for (const TermBytes& terms : theory.devices) sum += terms.total();
      row.value = sum.count() + (metric == Metric::other ? other_bytes * devices : 0);
      rows.push_back(row);
      rows.push_back(row);
    }
  return rows;
}

std::unique_ptr<Estimator> estimator_of(const std::vector<Measurement>& rows) {
  auto profile = std::make_shared<Profile>();
  profile->device = {"H100 80GB", "cuda", card_bytes, ""};
  for (const ObservationGroup& group : observations_of(rows).groups)
    profile->fits.push_back({group.runtime, group.metric, group.counter,
                             calibrate(group.observations, group.noise), group.placement});
  return calibrated(std::move(profile));
}

Estimate estimate_of(const Estimator& estimator, const Measurement& row) {
  const Answer answer = estimator.answer(question_of(row));
  if (const auto* unanswered = std::get_if<Unanswered>(&answer)) {
    ADD_FAILURE() << unanswered->reason;
    return {};
  }
  return std::get<Estimate>(answer);
}

TEST(Composition, TheCacheGetsWhatTheBudgetLeaves) {
  const auto estimator = estimator_of(engine_rows());
  Measurement row = measured_row("llama-3.1-8b", Metric::kv_available);
  row.options["gpu_memory_utilization"] = "0.95";
  const Estimate room = estimate_of(*estimator, row);
  double taken = 0;
  for (const Metric metric : {Metric::weights, Metric::activation, Metric::other})
    taken += static_cast<double>(estimate_of(*estimator, measured_row("llama-3.1-8b", metric)).total.count());
  EXPECT_NEAR(static_cast<double>(room.total.count()), 0.95 * card_bytes - taken, 2);
  ASSERT_TRUE(room.interval);
  EXPECT_LE(room.interval->low, room.total);
  ASSERT_TRUE(room.room);
  EXPECT_EQ(room.room->tokens % 16, 0) << "whole blocks";
  EXPECT_NEAR(static_cast<double>(room.room->tokens), static_cast<double>(room.total.count()) / 131072, 16)
      << "128 KiB a token";
  EXPECT_FALSE(room.tokens) << "this metric is bytes";
  row.metric = Metric::kv_tokens;
  EXPECT_EQ(estimate_of(*estimator, row).value(), room.room->tokens);
}

TEST(Composition, ABudgetThatIsTooSmallSaysWhatTakesIt) {
  const auto estimator = estimator_of(engine_rows());
  Measurement row = measured_row("llama-3.1-8b", Metric::kv_available);
  row.options["gpu_memory_utilization"] = "0.1";
  try {
    estimator->answer(question_of(row));
    FAIL() << "nothing is left";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nothing is left for the KV cache of llama-3.1-8b"));
    EXPECT_THAT(error.what(), HasSubstr("raise gpu_memory_utilization"));
  }
}

TEST(Composition, ACardThatIsNotKnownIsAskedFor) {
  auto profile = std::make_shared<Profile>();
  for (const ObservationGroup& group : observations_of(engine_rows()).groups)
    profile->fits.push_back({group.runtime, group.metric, "", calibrate(group.observations, group.noise)});
  const Answer answer =
      calibrated(profile)->answer(question_of(measured_row("llama-3.1-8b", Metric::kv_available)));
  ASSERT_TRUE(std::holds_alternative<Unanswered>(answer));
  EXPECT_THAT(std::get<Unanswered>(answer).reason, HasSubstr("add the option device_bytes"));
}

TEST(Composition, AWholeCardIsTheSumOfItsPartsAndNamesThoseThatAreMissing) {
  const auto estimator = estimator_of(engine_rows());
  const Estimate card = estimate_of(*estimator, measured_row("llama-3.1-8b", Metric::device));
  EXPECT_NEAR(static_cast<double>(card.terms[Term::constant].count()), other_bytes, 1e6);
  EXPECT_EQ(card.terms[Term::kv_cache], Bytes{std::int64_t{8192} * 131072});
  EXPECT_EQ(card.terms.total(), card.total);
  EXPECT_THAT(card.caution, HasSubstr("left out: context_only, graphs"));
}

TEST(Composition, EveryDeviceOfASplitHasItsOwnBudgetAndConstant) {
  const auto estimator = estimator_of(engine_rows(2));
  const Estimate other = estimate_of(*estimator, measured_row("llama-3.1-8b", Metric::other, 2));
  EXPECT_NEAR(static_cast<double>(other.total.count()), 2.0 * other_bytes, 1e5);
  const Estimate room = estimate_of(*estimator, measured_row("llama-3.1-8b", Metric::kv_available, 2));
  ASSERT_EQ(room.devices.size(), 2u);
  EXPECT_GT(room.total, Bytes{card_bytes}) << "two cards have more room than one";
  const Answer one = estimator->answer(question_of(measured_row("llama-3.1-8b", Metric::other)));
  ASSERT_TRUE(std::holds_alternative<Unanswered>(one)) << "two cards do not tell what one takes";
}

TEST(Composition, AProfileOfAnotherVersionIsUsedWithCaution) {
  const auto estimator = estimator_of(engine_rows());
  Measurement row = measured_row("llama-3.1-8b", Metric::kv_available);
  row.runtime = "vllm@0.19.1";
  EXPECT_THAT(estimate_of(*estimator, row).caution, HasSubstr("fitted to vllm@0.19.0, not vllm@0.19.1"));
  row.runtime = "vllm@0.19.0";
  EXPECT_EQ(estimate_of(*estimator, row).caution, "");
}

}  // namespace
}  // namespace calibram
