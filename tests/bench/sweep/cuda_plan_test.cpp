// SPDX-License-Identifier: MIT
// What a card's plan must vary, how long it may take, and that a fit of it finds its terms again.
#include "bench/sweep/plan.hpp"
#include "fit/observations.hpp"
#include "src/engine/allocators/rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace calibram {
namespace {

template <typename Key>
auto counts_of(const std::vector<Point>& plan, const Key& key) {
  std::map<std::decay_t<decltype(key(plan.front()))>, int> counts;
  for (const Point& point : plan) ++counts[key(point)];
  return counts;
}

std::string configuration_of(const Point& point) { return csv_row(point.row); }

double seconds_of(const std::vector<Point>& plan) {
  double sum = 0;
  for (const Point& point : plan) sum += point.work;
  return sum;
}

class StandardCudaPlan : public testing::Test {
 protected:
  const std::vector<Point> plan = cuda_plan(PlanSize::standard);
};

TEST_F(StandardCudaPlan, ItVariesShapesFormatsContextsBatchesAndOptions) {
  EXPECT_GE(counts_of(plan, [](const Point& p) { return p.row.model; }).size(), 10u);
  EXPECT_EQ(counts_of(plan, [](const Point& p) { return p.row.weights.str() + p.row.kv.str(); }).size(), 4u);
  EXPECT_EQ(counts_of(plan, [](const Point& p) { return p.row.workload.batch; }).size(), 2u);
  const auto contexts = counts_of(plan, [](const Point& p) { return p.row.workload.context_tokens(); });
  EXPECT_EQ(contexts.begin()->first, 256);
  EXPECT_EQ(contexts.rbegin()->first, 131072);
  EXPECT_GE(contexts.size(), 6u);
  const auto options = counts_of(plan, [](const Point& p) { return options_text(p.row.options); });
  for (const char* wanted : {"cache=concatenated", "cache=paged", "attention=eager", "logits=all",
                             "logits=all;logits_copy=none", "module_loading=eager"})
    EXPECT_TRUE(options.contains(wanted)) << wanted;
  for (const Point& point : plan) EXPECT_EQ(point.row.metric, Metric::device);
}

TEST_F(StandardCudaPlan, ItIsAboutEightyConfigurationsOfWhichATenthIsMeasuredThreeTimes) {
  const auto configurations = counts_of(plan, configuration_of);
  EXPECT_GE(configurations.size(), 70u);
  EXPECT_LE(configurations.size(), 90u);
  std::size_t repeated = 0;
  for (const auto& [configuration, count] : configurations) {
    EXPECT_TRUE(count == 1 || count == 3) << configuration;
    repeated += count == 3 ? 1u : 0u;
  }
  EXPECT_GE(repeated, configurations.size() / 10);
}

TEST_F(StandardCudaPlan, ItIsForeseenToTakeTwoMinutesAtMost) { EXPECT_LE(seconds_of(plan), 120); }

TEST_F(StandardCudaPlan, NothingOfTheClassesThatItMustPredictIsInIt) {
  for (const PlanSize size : {PlanSize::standard, PlanSize::full})
    for (const Point& point : cuda_plan(size))
      EXPECT_LT(question_of(point.row).parameters, 4e9) << point.row.model;
}

TEST_F(StandardCudaPlan, EveryPointFitsASmallCard) {
  for (const Point& point : plan)
    EXPECT_LT(point.prediction.total, Bytes{std::int64_t{20} << 30}) << configuration_of(point);
}

TEST_F(StandardCudaPlan, LongStepsRunTwoLayersUnlessTheCacheGrowsByCopying) {
  for (const Point& point : plan) {
    const bool grows = options_text(point.row.options) == "cache=concatenated";
    if (point.row.workload.prompt < 900) continue;
    EXPECT_EQ(point.layers_executed == 2, !grows) << configuration_of(point);
  }
}

TEST_F(StandardCudaPlan, ItsOrderIsRandomAndAlwaysTheSame) {
  const auto again = cuda_plan(PlanSize::standard);
  ASSERT_EQ(again.size(), plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i)
    EXPECT_TRUE(same_configuration(plan[i].row, again[i].row)) << i;
  std::size_t changes = 0;
  for (std::size_t i = 1; i < plan.size(); ++i)
    changes += plan[i].row.model != plan[i - 1].row.model ? 1u : 0u;
  EXPECT_GT(changes, plan.size() / 2) << "shapes are mixed";
}

/// A card on which theory holds but for a constant, and for a page that the driver counts or not.
std::vector<Measurement> measured(const std::vector<Point>& plan, double constant) {
  std::mt19937_64 generator{11};
  std::uniform_int_distribution<int> page{-1, 1};
  std::vector<Measurement> rows;
  for (const Point& point : plan) {
    rows.push_back(point.row);
    rows.back().value = point.prediction.total.count() + static_cast<std::int64_t>(constant) +
                        page(generator) * device_page_bytes;
    rows.back().counter = "cudaMemGetInfo";
  }
  return rows;
}

TEST_F(StandardCudaPlan, AFitOfItFindsTheConstantAndEveryTermAtOne) {
  constexpr double constant = 600e6;
  const Observations observations = observations_of(measured(plan, constant));
  ASSERT_EQ(observations.groups.size(), 1u);
  EXPECT_EQ(observations.reasons.size(), 1u) << "eager module loading is no row of the fit";
  const ObservationGroup& group = observations.groups.front();
  EXPECT_EQ(group.counter, "cudaMemGetInfo");
  EXPECT_GT(group.noise.page_bytes, 1e6) << "pages are large";
  const Fit fit = calibrate(group.observations, group.noise);
  EXPECT_TRUE(fit.collinear.empty());
  EXPECT_NEAR(fit.constant_bytes, constant, 4e6);
  for (std::size_t term = 0; term < fitted_term_count; ++term) {
    EXPECT_TRUE(fit.terms[term].identified) << term_names[term];
    EXPECT_NEAR(fit.terms[term].coefficient, 1, std::max(0.005, 3 * fit.terms[term].std_error))
        << term_names[term];
  }
  EXPECT_LE(fit.leave_one_model_out.mean_abs, 0.005);
  EXPECT_LE(fit.leave_one_model_out.max_abs, 0.015);
}

TEST(CudaPlan, TheQuickOneIsAHandfulOfTheStandardOne) {
  const auto standard = cuda_plan(PlanSize::standard), quick = cuda_plan(PlanSize::quick);
  EXPECT_LE(quick.size(), 15u);
  EXPECT_GE(quick.size(), 8u);
  for (const Point& point : quick)
    EXPECT_TRUE(std::any_of(standard.begin(), standard.end(),
                            [&](const Point& other) { return same_configuration(other.row, point.row); }));
}

TEST(CudaPlan, TheFullOneIsEveryShapeFormatContextAndBatchThreeTimes) {
  const auto plan = cuda_plan(PlanSize::full);
  std::set<std::string> grid;
  for (const auto& [configuration, count] : counts_of(plan, configuration_of)) {
    EXPECT_EQ(count, 3) << configuration;
    grid.insert(configuration);
  }
  const auto plain =
      std::count_if(plan.begin(), plan.end(), [](const Point& p) { return p.row.options.empty(); });
  EXPECT_EQ(plain, 11 * 4 * 6 * 2 * 3);
  EXPECT_LT(seconds_of(plan), 3 * 3600);
}

}  // namespace
}  // namespace calibram
