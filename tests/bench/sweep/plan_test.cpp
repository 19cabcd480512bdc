// SPDX-License-Identifier: MIT
// What the plan must vary, and that its terms can be told apart.
#include "bench/sweep/plan.hpp"

#include "fit/observations.hpp"
#include "src/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace calibram {
namespace {

template <typename Key>
auto values_of(const std::vector<Point>& plan, const Key& key) {
  std::set<std::decay_t<decltype(key(plan.front()))>> values;
  for (const Point& point : plan) values.insert(key(point));
  return values;
}

TEST(HostPlan, ItVariesShapesFormatsContextsAndBatches) {
  const auto plan = host_plan(PlanSize::standard);
  EXPECT_GE(values_of(plan, [](const Point& p) { return p.row.model; }).size(), 5u);
  EXPECT_EQ(values_of(plan, [](const Point& p) { return p.row.weights.str() + p.row.kv.str(); }).size(), 4u);
  EXPECT_GE(values_of(plan, [](const Point& p) { return p.row.workload.batch; }).size(), 3u);
  const auto contexts = values_of(plan, [](const Point& p) { return p.row.workload.context_tokens(); });
  EXPECT_GE(contexts.size(), 5u);
  EXPECT_GE(*contexts.rbegin(), 100 * *contexts.begin()) << "two decades";
}

TEST(HostPlan, EveryKindOfLayerIsMeasured) {
  std::set<std::size_t> mixers, feed_forwards;
  for (const Point& point : host_plan(PlanSize::standard)) {
    const Question question = question_of(point.row);
    for (const LayerRun& run : question.model->layers) {
      mixers.insert(run.layer.mixer.index());
      feed_forwards.insert(run.layer.feed_forward.index());
    }
  }
  EXPECT_GE(mixers.size(), 6U) << "all but single matrices, which searched architectures have";
  EXPECT_GE(feed_forwards.size(), 3U);
}

TEST(HostPlan, SomePointsAreRepeatedToShowTheScatter) {
  const auto plan = host_plan(PlanSize::standard);
  const auto repeats = [&](const Point& point) {
    return std::count_if(plan.begin(), plan.end(),
                         [&](const Point& other) { return same_configuration(other.row, point.row); });
  };
  EXPECT_GE(std::count_if(plan.begin(), plan.end(), [&](const Point& p) { return repeats(p) >= 3; }), 9);
}

TEST(HostPlan, TheQuickPlanIsAPartOfTheStandardOne) {
  const auto standard = host_plan(PlanSize::standard), quick = host_plan(PlanSize::quick);
  EXPECT_LT(quick.size(), standard.size());
  for (const Point& point : quick)
    EXPECT_TRUE(std::any_of(standard.begin(), standard.end(), [&](const Point& other) {
      return same_configuration(other.row, point.row);
    })) << point.row.model;
}

/// The fit of a machine on which theory holds exactly: its figures are those of the design alone.
Fit fit_of_design(PlanSize size) {
  std::vector<Measurement> rows;
  for (const Point& point : host_plan(size)) {
    rows.push_back(point.row);
    rows.back().value = point.prediction.total.count();
  }
  const Observations observations = observations_of(rows);
  EXPECT_TRUE(observations.reasons.empty());
  EXPECT_EQ(observations.groups.size(), 1u);
  return calibrate(observations.groups.front().observations, observations.groups.front().noise);
}

TEST(HostPlan, ItsTermsCanBeToldApart) {
  const Fit fit = fit_of_design(PlanSize::standard);
  EXPECT_TRUE(fit.collinear.empty());
  for (Term term : {Term::weights, Term::kv_cache, Term::activation, Term::logits}) {
    const TermFit& found = fit.terms[static_cast<std::size_t>(term)];
    EXPECT_LT(found.variance_inflation, 10) << term_names[static_cast<std::size_t>(term)];
    EXPECT_NEAR(found.coefficient, 1, 1e-6) << term_names[static_cast<std::size_t>(term)];
  }
}

TEST(PlanPoint, LongStepsRunTwoLayersAndShortOnesAll) {
  Measurement row;
  row.model = "probe-gqa";
  row.weights = row.kv = "fp16";
  row.metric = Metric::rss;
  row.workload = {1, 1996, 4, 2000};
  EXPECT_EQ(plan_point(row).layers_executed, 2);
  row.workload = {1, 60, 4, 64};
  const Point short_point = plan_point(row);
  EXPECT_GT(short_point.layers_executed, 2);
  row.workload = {1, 1996, 4, 2000};
  EXPECT_GT(plan_point(row).work, short_point.work);
}

TEST(PlanPoint, WhatCannotBeRunIsRefused) {
  Measurement row;
  row.model = "no-such-model";
  EXPECT_THROW(plan_point(row), InputError);
}

}  // namespace
}  // namespace calibram
